"""Opportunities and the pipeline through the HTTP door."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.leads import OpportunityLost, OpportunityMoved, OpportunityOpened
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.5.1.6")
async def test_an_opportunity_is_opened_moved_and_lost(leads: Bench, world) -> None:
    opened = await world.opportunity()
    path = f"/leads/opportunities/{opened['id']}"

    forward = await leads.post(f"{path}/move", {"stage": "negotiation"})
    back = await leads.post(f"{path}/move", {"stage": "proposal", "reason": "New people."})
    same = await leads.post(f"{path}/move", {"stage": "proposal"})
    lost = await leads.post(f"{path}/lose", {"reason": "Too dear.", "competitor": "Lamps & Co"})

    assert (opened["stage"], opened["allowed_actions"]) == ("discovery", ["move", "lose"])
    assert forward.json()["stage"] == "negotiation"
    assert same.json() == back.json()
    assert (lost.json()["stage"], lost.json()["competitor"]) == ("lost", "Lamps & Co")
    assert lost.json()["allowed_actions"] == []
    assert [(m["kind"], m["before"], m["stage"], m["note"]) for m in lost.json()["history"]] == [
        ("opened", None, "discovery", None),
        ("moved", "discovery", "negotiation", None),
        ("moved", "negotiation", "proposal", "New people."),
        ("lost", "proposal", "lost", "Too dear."),
    ]
    assert await world.kinds(opened["id"]) == [
        ("opened", 1),
        ("moved", 2),
        ("moved", 3),
        ("lost", 4),
    ]
    assert await world.read(path) == lost.json()


async def test_only_a_quote_wins_and_an_end_is_an_end(leads: Bench, world) -> None:
    path = f"/leads/opportunities/{(await world.opportunity())['id']}"

    won = await leads.post(f"{path}/move", {"stage": "won"})
    lost = await leads.post(f"{path}/move", {"stage": "lost"})
    await leads.post(f"{path}/lose", {"reason": "Too dear."})
    again = await leads.post(f"{path}/lose", {"reason": "Too dear."})
    moved = await leads.post(f"{path}/move", {"stage": "proposal"})

    assert [a.status_code for a in (won, lost, again, moved)] == [409] * 4
    assert await leads.told(OpportunityMoved) == []
    assert len(await leads.told(OpportunityLost)) == 1


async def test_an_opportunity_needs_an_account_and_no_debt(leads: Bench) -> None:
    money = {"amount": "1.00", "currency": "GBP"}
    body = {"account_id": str(uuid4()), "name": "Lamps", "expected": money}

    unknown = await leads.post("/leads/opportunities", body)
    debt = await leads.post("/leads/opportunities", {**body, "expected": {**money, "amount": "-1"}})

    assert faults_of(unknown) == {"#/account_id": "unknown_account"}
    assert faults_of(debt) == {"#/expected": "too_small"}
    assert await leads.told(OpportunityOpened) == []


async def test_two_move_one_opportunity_on_the_same_version(leads: Bench, world) -> None:
    """One succeeds, the other hears that it was changed."""
    path = f"/leads/opportunities/{(await world.opportunity())['id']}/move"
    match = {"If-Match": '"v1"'}

    answers = await asyncio.gather(
        leads.post(path, {"stage": "proposal"}, headers=match),
        leads.post(path, {"stage": "negotiation"}, headers=match),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await leads.told(OpportunityMoved)) == 1


async def test_the_pipeline_sums_by_stage_and_currency(leads: Bench, world) -> None:
    await world.opportunity("100.00")
    await world.opportunity("50.05")
    await world.opportunity("1001", "JPY")
    moved = await world.opportunity("200.00")
    await leads.post(f"/leads/opportunities/{moved['id']}/move", {"stage": "negotiation"})

    found = (await world.read("/leads/pipeline"))["items"]

    assert [
        (p["stage"], p["probability"], p["count"], p["total"], p["weighted"]["amount"])
        for p in found
    ] == [
        ("discovery", "0.10", 2, {"amount": "150.05", "currency": "GBP"}, "15.01"),
        ("discovery", "0.10", 1, {"amount": "1001", "currency": "JPY"}, "100"),
        ("negotiation", "0.70", 1, {"amount": "200.00", "currency": "GBP"}, "140.00"),
    ]


async def test_a_list_of_opportunities_is_filtered(leads: Bench, world) -> None:
    small, large = await world.opportunity("10.00"), await world.opportunity("900.00")

    async def ids(**query: object) -> list[str]:
        answer = await leads.get("/leads/opportunities", **query)
        return [item["id"] for item in answer.json()["items"]]

    assert await ids() == [large["id"], small["id"]]
    assert await ids(sort="expected_amount") == [small["id"], large["id"]]
    assert await ids(expected_amount_gt="10") == [large["id"]]
    assert await ids(account_id=small["account_id"]) == [small["id"]]
    assert await ids(stage="won") == []
