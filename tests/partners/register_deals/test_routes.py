"""Deals through the HTTP door."""

import pytest

from shared.events.partners import DealRegistered
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.4.2.7")
async def test_a_deal_is_registered_at_the_rate_agreed_now(partners: Bench, world) -> None:
    partner = await world.partner()
    agreement = await world.agreed(partner)

    answer = await partners.post("/partners/deals", world.deal_body(partner))

    assert answer.status_code == 201, answer.text
    deal = answer.json()
    assert (deal["agreement_id"], deal["commission_percent"]) == (agreement["id"], "7.50")
    told = (await partners.told(DealRegistered))[0]
    assert (told.data["expected"]["amount"], told.sequence) == ("5000.00", 1)
    assert (await partners.get(answer.headers["location"])).json() == deal
    assert (await partners.get("/partners/deals", state="registered")).json()["items"] == [deal]


async def test_all_faults_are_named_at_once(partners: Bench, world) -> None:
    partner = await world.partner()
    await partners.patch(
        f"/partners/partners/{partner['id']}", {"state": "suspended"}, version=partner["version"]
    )

    answer = await partners.post(
        "/partners/deals",
        world.deal_body(partner, expected={"amount": "0", "currency": "GBP"}, country="FR"),
    )

    assert faults_of(answer) == {
        "#/partner_id": "partner_not_active",
        "#/expected/amount": "not_positive",
        "#/country": "no_agreement",
    }
    assert await partners.count("deals") == 0
    assert await partners.told(DealRegistered) == []


async def test_an_agreement_must_be_in_force_now(partners: Bench, world) -> None:
    partner = await world.partner()
    await world.agreed(partner, valid_from="2999-01-01T00:00:00Z")
    signed = await world.signed(partner, valid_to="2999-01-01T00:00:00Z")

    refused = await partners.post("/partners/deals", world.deal_body(partner))
    await world.activate(signed)
    taken = await partners.post("/partners/deals", world.deal_body(partner))
    await partners.post(
        f"/partners/agreements/{signed['id']}/terminate", {"reason": "Other terms."}
    )
    late = await partners.post("/partners/deals", world.deal_body(partner))

    assert faults_of(refused) == faults_of(late) == {"#/country": "no_agreement"}
    assert taken.status_code == 201
