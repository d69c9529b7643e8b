"""Prices: one holds at a time, whoever sets them."""

import asyncio

import pytest

from shared.events.pricing import PriceSet
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.3.3.4")
async def test_a_new_price_ends_the_former(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    first = await shop.price("LAMP", "2.50")
    second = await shop.price("LAMP", "2.75")

    former = (await pricing.get(f"/pricing/prices/{first['id']}")).json()
    assert former["valid_to"] == second["valid_from"]
    told = [(e.key, e.sequence, e.data["valid_to"]) for e in await pricing.told(PriceSet)]
    assert told == [
        (first["id"], 1, None),
        (first["id"], 2, second["valid_from"]),
        (second["id"], 1, None),
    ]


async def test_the_same_price_again_is_the_one_that_holds(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    first = await shop.price("LAMP", "2.50")
    again = await shop.price("LAMP", "2.500")

    assert again["id"] == first["id"]
    assert len(await pricing.told(PriceSet)) == 1


async def test_two_who_set_the_first_price_at_once(pricing: Bench, shop) -> None:
    """One price holds; the other caller hears that it overlaps."""
    await shop.product("LAMP")
    bodies = [{"sku": "LAMP", "currency": "GBP", "amount": amount} for amount in ("2.00", "3.00")]

    answers = await asyncio.gather(*(pricing.post("/pricing/prices", body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert await pricing.count("prices") == 1


async def test_overlapping_periods_are_refused(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    await shop.price(
        "LAMP", "2.50", valid_from="2030-01-01T00:00:00Z", valid_to="2030-02-01T00:00:00Z"
    )

    body = {"sku": "LAMP", "currency": "GBP", "amount": "3", "valid_from": "2030-01-15T00:00:00Z"}
    answer = await pricing.post("/pricing/prices", body)

    assert answer.status_code == 409
    assert "holds in this period" in answer.json()["detail"]


async def test_a_batch_is_all_or_nothing_and_can_come_again(pricing: Bench, shop) -> None:
    for sku in ("LAMP", "VASE"):
        await shop.product(sku)
    items = [{"sku": sku, "currency": "GBP", "amount": "2.00"} for sku in ("LAMP", "VASE")]

    wrong = await pricing.post(
        "/pricing/prices/batch", {"items": [*items, {**items[0], "sku": "NOPE"}]}
    )
    first = await pricing.post("/pricing/prices/batch", {"items": items})
    items[1]["amount"] = "2.20"
    again = await pricing.post("/pricing/prices/batch", {"items": items})

    assert faults_of(wrong) == {"#/items/2/sku": "unknown_product"}
    assert first.json()["created"] == 2
    counts = again.json()
    assert (counts["created"], counts["changed"], counts["unchanged"]) == (0, 1, 1)
    assert await pricing.count("prices") == 3


async def test_an_ended_price_stays_ended(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    price = await shop.price("LAMP", "2.50")

    ended = await pricing.post(f"/pricing/prices/{price['id']}/end", {})
    again = await pricing.post(f"/pricing/prices/{price['id']}/end", {})

    assert (ended.status_code, again.status_code) == (200, 409)
