"""Speaking test data of campaigns."""

from typing import Any
from uuid import UUID

import pytest

from shared.events.leads import AccountRegistered
from shared.kit.database import new_id
from shared.kit.testing import Bench


class Desk:
    """A marketer at work."""

    def __init__(self, campaigns: Bench) -> None:
        self.campaigns = campaigns

    async def account(self, segment: str = "wholesale", country: str = "GB") -> UUID:
        account = new_id()
        told = AccountRegistered(
            account_id=account, name=f"Shop {account}", country=country, segment=segment
        )
        await self.campaigns.hear(told)
        return account

    async def draft(self, **how: Any) -> dict:
        body = {
            "name": "Spring lights",
            "objective": "Win shops back",
            "offer": "Ten percent off",
            "segments": ["wholesale"],
            **how,
        }
        made = await self.campaigns.post("/campaigns/campaigns", body)
        assert made.status_code == 201, made.text
        return made.json()

    async def launched(self) -> dict:
        await self.account()
        draft = await self.draft()
        answer = await self.campaigns.post(f"/campaigns/campaigns/{draft['id']}/launch")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def response(self, **how: Any) -> dict:
        consent = {"channel": "email", "given": True, "wording": "You may write to me."}
        return {
            "company": "Juniper Gifts Ltd", "country": "GB", "contact_name": "Ann Juniper",
            "email": "Ann@Juniper.example", "consent": consent, **how,
        }  # fmt: skip


@pytest.fixture
def desk(campaigns: Bench) -> Desk:
    return Desk(campaigns)
