"""Agreements through the HTTP door."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy.dialects.postgresql import Range

from partners.agree_terms.tables import Agreement, HeldTerritory
from shared.events.partners import AgreementActivated, AgreementTerminated
from shared.kit.database import new_id
from shared.kit.testing import Bench, faults_of

LONG_AGO = datetime(2021, 1, 1, tzinfo=UTC)


@pytest.mark.pcf("3.4.2.9")
async def test_an_agreement_is_drafted_signed_active_and_terminated(partners: Bench, world) -> None:
    partner = await world.partner()
    draft = await world.draft(partner, territories=["GB", "FR", "GB"])
    here = f"/partners/agreements/{draft['id']}"
    assert (draft["state"], draft["territories"]) == ("draft", ["FR", "GB"])
    assert draft["allowed_actions"] == ["sign"]

    without = await partners.post(f"{here}/sign", headers=partners.bearer("partners:write"))
    assert (without.status_code, without.json()["missing_scope"]) == (403, "partners:approve")
    too_early = await partners.post(f"{here}/activate")
    assert too_early.status_code == 409
    await partners.post(f"{here}/sign")
    active = (await partners.post(f"{here}/activate")).json()
    assert (active["state"], active["signed_by"]) == ("active", "tester")
    told = (await partners.told(AgreementActivated))[0]
    assert (told.data["commission_percent"], told.sequence) == ("7.50", 3)

    ended = await partners.post(f"{here}/terminate", {"reason": "Sold to a competitor."})
    assert (ended.json()["state"], ended.json()["allowed_actions"]) == ("terminated", [])
    assert len(await partners.told(AgreementTerminated)) == 1
    assert (await partners.get(here)).json() == ended.json()
    listed = await partners.get("/partners/agreements", partner_id=partner["id"])
    assert listed.json()["items"] == [ended.json()]


async def test_a_partner_has_one_active_agreement_for_a_territory(partners: Bench, world) -> None:
    partner = await world.partner()
    first = await world.agreed(partner, territories=["GB", "FR"])

    answer = await world.activate(await world.signed(partner, territories=["GB", "IE"]))

    assert answer.status_code == 409
    assert answer.json()["agreement_id"] == first["id"]
    assert answer.json()["country"] == "GB"
    assert await partners.count("held_territories") == 2
    assert len(await partners.told(AgreementActivated)) == 1


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
async def test_an_exclusive_territory_has_one_partner(
    partners: Bench, world, first: bool, second: bool
) -> None:
    one, other = await world.partner(), await world.partner()
    standing = await world.agreed(one, exclusive=first)

    answer = await world.activate(await world.signed(other, exclusive=second))

    assert answer.status_code == 409
    assert standing["id"] in answer.json()["detail"]
    assert answer.json()["partner_id"] == one["id"]


async def test_two_partners_share_what_is_not_exclusive(partners: Bench, world) -> None:
    for _ in range(2):
        await world.agreed(await world.partner())

    assert await partners.count("held_territories") == 2


async def test_periods_that_only_touch_do_not_overlap(partners: Bench, world) -> None:
    partner = await world.partner()
    await world.agreed(partner, valid_to="2999-01-01T00:00:00Z", exclusive=True)

    await world.agreed(partner, valid_from="2999-01-01T00:00:00Z")
    await world.agreed(
        await world.partner(), valid_from="2999-01-01T00:00:00Z", commission_percent="100"
    )

    assert len(await partners.told(AgreementActivated)) == 3


async def test_a_terminated_agreement_makes_room(partners: Bench, world) -> None:
    partner = await world.partner()
    first = await world.agreed(partner, exclusive=True)
    future = await world.agreed(partner, valid_from="2999-01-01T00:00:00Z", territories=["FR"])

    for one in (first, future):
        await partners.post(
            f"/partners/agreements/{one['id']}/terminate", {"reason": "Other terms."}
        )
    now = partners.clock.now().isoformat()

    await world.agreed(await world.partner(), valid_from=now, exclusive=True)


@pytest.mark.parametrize("same_partner", [True, False])
async def test_of_two_contradicting_activations_at_once_one_succeeds(
    partners: Bench, world, same_partner: bool
) -> None:
    one = await world.partner()
    other = one if same_partner else await world.partner()
    first = await world.signed(one, exclusive=not same_partner)
    second = await world.signed(other)

    answers = await asyncio.gather(world.activate(first), world.activate(second))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await partners.told(AgreementActivated)) == 1


async def test_what_is_over_cannot_come_into_force(partners: Bench, world) -> None:
    signed = await world.signed(await world.partner(), valid_to="2021-01-01T00:00:00Z")

    assert (await world.activate(signed)).status_code == 409


async def test_ending_what_was_over_takes_nothing_from_who_holds_it_since(
    partners: Bench, world
) -> None:
    old = await world.agreed(await world.partner(), valid_to="2999-01-01T00:00:00Z")
    async with partners.work() as work:
        row = await work.session.get(Agreement, old["id"])
        row.valid_to = LONG_AGO
        held = await work.session.get(HeldTerritory, (old["id"], "GB"))
        held.during = Range(row.valid_from, LONG_AGO)
    since = await world.agreed(
        await world.partner(), valid_from="2022-01-01T00:00:00Z", exclusive=True
    )

    answer = await partners.post(
        f"/partners/agreements/{old['id']}/terminate", {"reason": "For the record."}
    )

    assert answer.status_code == 200, answer.text
    assert (await partners.get(f"/partners/agreements/{since['id']}")).json() == since


async def test_all_faults_of_a_draft_are_named(partners: Bench) -> None:
    body = {
        "partner_id": str(new_id()),
        "commission_percent": "101",
        "territories": [],
        "valid_from": "2020-01-01T00:00:00Z",
    }
    shape = await partners.post("/partners/agreements", body)
    meaning = await partners.post(
        "/partners/agreements",
        {
            **body,
            "commission_percent": "5",
            "territories": ["GB"],
            "valid_to": "2019-01-01T00:00:00Z",
        },
    )

    assert set(faults_of(shape)) == {"#/commission_percent", "#/territories"}
    assert faults_of(meaning) == {
        "#/partner_id": "unknown_partner",
        "#/valid_to": "ends_too_early",
    }
