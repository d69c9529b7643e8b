"""Qualification through the HTTP door."""

import asyncio

import pytest
from sqlalchemy import text

from shared.events.leads import AccountRegistered, OpportunityOpened
from shared.kit.testing import Bench

MONEY = {"amount": "1200.00", "currency": "EUR"}
WISH = {"name": "Lamps for 12 shops", "expected": MONEY}


@pytest.mark.pcf("3.5.1.3", "3.5.1.6")
async def test_a_good_lead_becomes_an_opportunity_with_all_it_came_through(
    leads: Bench, world
) -> None:
    response, deal = world.response(), world.deal()
    await leads.hear(response)
    await leads.hear(deal)
    (lead,) = (await leads.get("/leads/leads")).json()["items"]
    path = f"/leads/leads/{lead['id']}"

    taken = await leads.post(f"{path}/work")
    answer = await leads.post(f"{path}/qualify", WISH)

    assert (taken.status_code, taken.json()["state"]) == (200, "working")
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["state"], done["allowed_actions"]) == ("qualified", [])
    assert done["responded_at"] == taken.json()["responded_at"] is not None
    (told,) = await leads.told(OpportunityOpened)
    assert told.data == {
        "opportunity_id": done["opportunity_id"],
        "account_id": done["account_id"],
        "expected": MONEY,
        "stage": "discovery",
        "lead_id": lead["id"],
        "campaign_id": str(response.campaign_id),
        "response_id": str(response.response_id),
        "deal_id": str(deal.deal_id),
    }
    account = await world.read(f"/leads/accounts/{done['account_id']}")
    assert (account["name"], account["country"]) == ("Corner Shop Ltd", "GB")
    opportunity = await world.read(f"/leads/opportunities/{done['opportunity_id']}")
    assert (opportunity["name"], opportunity["expected"]) == (WISH["name"], MONEY)
    facts = [kind for kind, _ in await world.kinds(lead["id"])]
    assert facts[-2:] == ["worked", "qualified"]


async def test_a_poor_lead_needs_a_reason(leads: Bench, world) -> None:
    lead = await world.lead(email="ann@gmail.com", phone=None, company=None, country="AQ")
    path = f"/leads/leads/{lead['id']}/qualify"

    refused = await leads.post(path, WISH)
    qualified = await leads.post(path, {**WISH, "override_reason": "I know her."})

    assert (refused.status_code, refused.json()["score"]) == (409, 8)
    assert qualified.status_code == 200
    assert qualified.json()["reason"] == "I know her."
    account = await world.read(f"/leads/accounts/{qualified.json()['account_id']}")
    assert account["name"] == "Ann Shopkeeper"
    assert len(await leads.told(OpportunityOpened)) == 1


async def test_a_refused_qualification_leaves_nothing(leads: Bench, world) -> None:
    lead = await world.lead(email="ann@gmail.com", phone=None, company=None, country="AQ")
    before = await leads.told()

    await leads.post(f"/leads/leads/{lead['id']}/qualify", WISH)

    assert await world.read(f"/leads/leads/{lead['id']}") == lead
    assert (await leads.count("accounts"), await leads.count("opportunities")) == (0, 0)
    assert await leads.told() == before


async def test_the_known_account_is_used(leads: Bench, world) -> None:
    lead = await world.lead()
    account = await world.account("CORNER SHOP")

    done = (await leads.post(f"/leads/leads/{lead['id']}/qualify", WISH)).json()

    assert done["account_id"] == account["id"]
    assert len(await leads.told(AccountRegistered)) == 1


async def test_five_qualify_one_lead_and_one_succeeds(leads: Bench, world) -> None:
    lead = await world.lead()

    answers = await asyncio.gather(
        *(leads.post(f"/leads/leads/{lead['id']}/qualify", WISH) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert (await leads.count("opportunities"), await leads.count("accounts")) == (1, 1)


async def test_colleagues_qualified_at_once_share_their_account(leads: Bench, world) -> None:
    names = [f"Person {letter}" for letter in "ABCDEF"]
    made = [
        await world.lead(contact_name=name, email=f"{name[-1].lower()}@cornershop.example")
        for name in names
    ]

    answers = await asyncio.gather(
        *(leads.post(f"/leads/leads/{lead['id']}/qualify", WISH) for lead in made)
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert len(await leads.told(AccountRegistered)) == 1


async def test_a_score_falls_with_time_and_reading_it_writes_nothing(leads: Bench, world) -> None:
    lead = await world.lead(source="partner")
    told = await leads.told()
    fresh = await world.read(f"/leads/leads/{lead['id']}/score")

    async with leads.running.engine.begin() as connection:
        await connection.execute(text("update lead_touches set at = at - interval '14 days'"))
    later = await world.read(f"/leads/leads/{lead['id']}/score")

    assert (fresh["fit"], fresh["behaviour"], fresh["score"]) == (45, 20, 65)
    assert (later["fit"], later["behaviour"], later["score"]) == (45, 10, 55)
    assert sum(part["points"] for part in later["explanation"]) == 55
    assert (await world.read(f"/leads/leads/{lead['id']}"))["score"] == 65
    assert await leads.told() == told


async def test_a_change_on_an_old_version_is_refused(leads: Bench, world) -> None:
    lead = await world.lead()
    path = f"/leads/leads/{lead['id']}/work"

    old = await leads.post(path, headers={"If-Match": '"v1"'})
    right = await leads.post(path, headers={"If-Match": f'"v{lead["version"]}"'})

    assert (old.status_code, right.status_code) == (412, 200)
