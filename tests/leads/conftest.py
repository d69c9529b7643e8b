"""Speaking test data of leads."""

from typing import Any
from uuid import UUID

import pytest

from shared.events.campaigns import ResponseReceived
from shared.events.partners import DealRegistered
from shared.events.parts import Consent
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class World:
    """What the tests of leads begin with."""

    def __init__(self, leads: Bench) -> None:
        self.leads = leads

    async def account(self, name: str = "Corner Shop Ltd", **more: Any) -> dict[str, Any]:
        body = {"name": name, "country": "GB", **more}
        answer = await self.leads.post("/leads/accounts", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def person(self, **more: Any) -> dict[str, Any]:
        """Ann of a company in a target market, with everything that makes a lead fit."""
        return {
            "company": "Corner Shop Ltd",
            "contact_name": "Ann Shopkeeper",
            "email": "ann@cornershop.example",
            "phone": "+442071234567",
            "country": "GB",
            **more,
        }

    async def lead(self, **more: Any) -> dict[str, Any]:
        answer = await self.leads.post("/leads/leads", self.person(**more))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def qualified(self, **more: Any) -> dict[str, Any]:
        lead = await self.lead(**more)
        body = {"name": "Lamps", "expected": {"amount": "1000.00", "currency": "GBP"}}
        answer = await self.leads.post(f"/leads/leads/{lead['id']}/qualify", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def opportunity(self, amount: str = "1000.00", currency: str = "GBP") -> dict[str, Any]:
        account = await self.account()
        body = {
            "account_id": account["id"],
            "name": "Lamps",
            "expected": {"amount": amount, "currency": currency},
        }
        answer = await self.leads.post("/leads/opportunities", body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.leads.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def response(self, **more: Any) -> ResponseReceived:
        return ResponseReceived.model_validate(
            {
                "response_id": new_id(),
                "campaign_id": new_id(),
                **self.person(),
                "consent": Consent(
                    channel="email",
                    given=True,
                    at=self.leads.clock.now(),
                    wording="You may write to me.",
                ),
                **more,
            }
        )

    def deal(self, **more: Any) -> DealRegistered:
        person = self.person()
        del person["phone"]
        return DealRegistered.model_validate(
            {
                "deal_id": new_id(),
                "partner_id": new_id(),
                "agreement_id": new_id(),
                **person,
                "expected": Money.of("500.00", "GBP"),
                **more,
            }
        )

    async def kinds(self, key: str | UUID) -> list[tuple[str, int]]:
        """What was told of one aggregate: (fact, sequence)."""
        return [
            (told.type.split(".")[2], told.sequence)
            for told in await self.leads.told()
            if told.key == str(key)
        ]


@pytest.fixture
def world(leads: Bench) -> World:
    return World(leads)
