"""Leads through the topic doors: answers to campaigns, registered deals."""

import asyncio

import pytest

from shared.events.leads import LeadCaptured, LeadDealLinked, LeadDealRefused, OpportunityChanged
from shared.kit.testing import Bench


async def the_lead(leads: Bench, world) -> dict:
    (found,) = (await leads.get("/leads/leads")).json()["items"]
    return await world.read(f"/leads/leads/{found['id']}")


@pytest.mark.pcf("3.5.1.2")
async def test_an_answer_to_a_campaign_is_a_lead_with_its_consent(leads: Bench, world) -> None:
    response = world.response(email="Ann@CornerShop.example", phone="nonsense")

    await leads.hear(response)

    lead = await the_lead(leads, world)
    assert (lead["source"], lead["email"], lead["phone"]) == (
        "campaign",
        "ann@cornershop.example",
        None,
    )
    assert lead["campaign_id"] == str(response.campaign_id)
    assert lead["response_id"] == str(response.response_id)
    assert [(c["channel"], c["given"], c["source"]) for c in lead["consents"]] == [
        ("email", True, "campaign")
    ]
    (told,) = await leads.told(LeadCaptured)
    assert told.data["response_id"] == str(response.response_id)


async def test_the_same_answer_told_again_is_one_touch(leads: Bench, world) -> None:
    response = world.response()

    ids = await leads.hear(response)
    await leads.hear(response, ids=ids)
    await leads.hear(response)

    lead = await the_lead(leads, world)
    assert (len(lead["touches"]), len(lead["consents"]), lead["version"]) == (1, 1, 2)


async def test_another_answer_is_a_touch_and_the_first_campaign_stays(leads: Bench, world) -> None:
    first, second = world.response(), world.response()

    await leads.hear(first, second)

    lead = await the_lead(leads, world)
    assert lead["campaign_id"] == str(first.campaign_id)
    assert len(lead["touches"]) == len(lead["consents"]) == 2
    assert [kind for kind, _ in await world.kinds(lead["id"])] == [
        "captured",
        "scored",
        "touched",
        "scored",
    ]


async def test_an_answer_names_its_account(leads: Bench, world) -> None:
    account = await world.account("Quite Another", country="FR")

    await leads.hear(world.response(account_id=account["id"]))

    assert (await the_lead(leads, world))["account_id"] == account["id"]


@pytest.mark.pcf("3.4.2.7")
async def test_a_deal_captures_its_lead_and_is_linked(leads: Bench, world) -> None:
    deal = world.deal()

    await leads.hear(deal)
    await leads.hear(deal)

    lead = await the_lead(leads, world)
    assert (lead["source"], lead["deal_id"]) == ("partner", str(deal.deal_id))
    (told,) = await leads.told(LeadDealLinked)
    assert told.data == {
        "lead_id": lead["id"],
        "deal_id": str(deal.deal_id),
        "opportunity_id": None,
    }


async def test_the_first_deal_of_a_lead_holds(leads: Bench, world) -> None:
    first, second = world.deal(), world.deal(company="CORNER SHOP", email="ann@gmail.com")

    await leads.hear(first)
    await leads.hear(second)

    lead = await the_lead(leads, world)
    assert lead["deal_id"] == str(first.deal_id)
    (refused,) = await leads.told(LeadDealRefused)
    assert (refused.key, refused.data["deal_id"]) == (lead["id"], str(second.deal_id))
    assert len(await leads.told(LeadDealLinked)) == 1


async def test_of_six_deals_at_once_one_is_linked(leads: Bench, world) -> None:
    await asyncio.gather(*(leads.hear(world.deal()) for _ in range(6)))

    assert await leads.count("leads") == 1
    assert len(await leads.told(LeadDealLinked)) == 1
    assert len(await leads.told(LeadDealRefused)) == 5


async def test_a_deal_after_the_opportunity_is_the_opportunitys_too(leads: Bench, world) -> None:
    lead = await world.qualified()
    deal = world.deal()

    await leads.hear(deal)

    linked = await world.read(f"/leads/leads/{lead['id']}")
    opportunity = await world.read(f"/leads/opportunities/{lead['opportunity_id']}")
    assert linked["deal_id"] == opportunity["deal_id"] == str(deal.deal_id)
    (told,) = await leads.told(LeadDealLinked)
    assert told.data["opportunity_id"] == opportunity["id"]
    (changed,) = await leads.told(OpportunityChanged)
    assert (changed.sequence, changed.data["deal_id"]) == (2, str(deal.deal_id))
    assert await leads.count("leads") == 1


async def test_a_deal_after_the_opportunity_is_closed_is_a_new_lead(leads: Bench, world) -> None:
    lead = await world.qualified()
    path = f"/leads/opportunities/{lead['opportunity_id']}/lose"
    await leads.post(path, {"reason": "Too expensive."})

    await leads.hear(world.deal())

    assert await leads.count("leads") == 2


async def test_answers_and_deals_of_the_same_people_in_opposite_order(leads: Bench, world) -> None:
    """Two partitions at once: everybody is one lead, touched twice, and nothing is buried."""
    people = [{"email": f"p{n}@shop.example", "contact_name": f"P {n}"} for n in range(12)]

    await asyncio.gather(
        leads.hear(*(world.response(**person) for person in people)),
        leads.hear(*(world.deal(**person) for person in reversed(people))),
    )

    assert await leads.count("leads") == len(people)
    assert await leads.count("lead_touches") == 2 * len(people)
    assert len(await leads.told(LeadDealLinked)) == len(people)
    assert await leads.dead_letters() == []
