"""Speaking test data of partners."""

import pytest

from shared.events.leads import LeadDealLinked, OpportunityOpened
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class World:
    """Partners, agreements and deals as their doors make them."""

    def __init__(self, partners: Bench) -> None:
        self.partners = partners
        self.lead_id = new_id()

    async def partner(self, **changes: object) -> dict:
        body = {"name": "Northern", "country": "GB", "email": "sales@north.example", **changes}
        answer = await self.partners.post("/partners/partners", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def draft(self, partner: dict, **changes: object) -> dict:
        body = {
            "partner_id": partner["id"],
            "commission_percent": "7.50",
            "territories": ["GB"],
            "valid_from": "2020-01-01T00:00:00Z",
            **changes,
        }
        answer = await self.partners.post("/partners/agreements", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def signed(self, partner: dict, **changes: object) -> dict:
        draft = await self.draft(partner, **changes)
        answer = await self.partners.post(f"/partners/agreements/{draft['id']}/sign")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def activate(self, agreement: dict):
        return await self.partners.post(f"/partners/agreements/{agreement['id']}/activate")

    async def agreed(self, partner: dict, **changes: object) -> dict:
        answer = await self.activate(await self.signed(partner, **changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deal_body(self, partner: dict, **changes: object) -> dict:
        return {
            "partner_id": partner["id"],
            "company": "Corner Shop",
            "country": "GB",
            "contact_name": "Ann Lee",
            "email": "ann@shop.example",
            "expected": {"amount": "5000.00", "currency": "GBP"},
            **changes,
        }

    async def deal(self, percent: str = "7.50") -> dict:
        partner = await self.partner()
        await self.agreed(partner, commission_percent=percent)
        answer = await self.partners.post("/partners/deals", self.deal_body(partner))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def linked(self, deal: dict) -> LeadDealLinked:
        return LeadDealLinked(lead_id=self.lead_id, deal_id=deal["id"])

    def opened(self, deal: dict) -> OpportunityOpened:
        return OpportunityOpened(
            opportunity_id=new_id(),
            account_id=new_id(),
            expected=Money.of("100", "GBP"),
            stage="qualified",
            lead_id=self.lead_id,
            deal_id=deal["id"],
        )


@pytest.fixture
def world(partners: Bench) -> World:
    return World(partners)
