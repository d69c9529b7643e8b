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


async def test_many_who_set_the_first_price_at_once(pricing: Bench, shop) -> None:
    """One after another: each ends the former, or hears which price was there before it."""
    await shop.product("LAMP")
    bodies = [{"sku": "LAMP", "currency": "GBP", "amount": f"{n}.00"} for n in range(1, 9)]

    answers = await asyncio.gather(*(pricing.post("/pricing/prices", body) for body in bodies))

    states = [answer.status_code for answer in answers]
    assert set(states) <= {201, 409}
    assert await pricing.count("prices") == states.count(201) >= 1
    assert await pricing.count("prices where valid_to is null") == 1
    assert all("price_id" in answer.json() for answer in answers if answer.status_code == 409)


async def test_overlapping_periods_are_refused(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    held = await shop.price(
        "LAMP", "2.50", valid_from="2030-01-01T00:00:00Z", valid_to="2030-02-01T00:00:00Z"
    )

    body = {"sku": "LAMP", "currency": "GBP", "amount": "3", "valid_from": "2030-01-15T00:00:00Z"}
    answer = await pricing.post("/pricing/prices", body)

    assert answer.status_code == 409
    assert answer.json()["price_id"] == held["id"]
    assert answer.json()["detail"] == (
        "LAMP costs 2.50 GBP from 2030-01-01T00:00:00+00:00 until 2030-02-01T00:00:00+00:00 already."
    )


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


async def test_a_batch_that_names_its_period_can_come_again(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    await shop.product("VASE")
    items = [
        {"sku": "LAMP", "currency": "GBP", "amount": "2", "valid_from": "2030-01-01T00:00:00Z"},
        {
            "sku": "VASE",
            "currency": "GBP",
            "amount": "3",
            "valid_from": "2030-01-01T00:00:00Z",
            "valid_to": "2030-02-01T00:00:00Z",
        },
    ]

    first = await pricing.post("/pricing/prices/batch", {"items": items})
    again = await pricing.post("/pricing/prices/batch", {"items": items})

    assert again.status_code == 200, again.text
    assert (first.json()["created"], again.json()["unchanged"]) == (2, 2)
    assert first.json()["ids"] == again.json()["ids"]
    assert len(await pricing.told(PriceSet)) == 2


async def test_the_same_amount_with_an_end_is_another_price(pricing: Bench, shop) -> None:
    """What was asked for is kept: a price that ends is not one that stays open."""
    await shop.product("LAMP")
    open_one = await shop.price("LAMP", "2.50")

    ending = await shop.price("LAMP", "2.50", valid_to="2090-02-01T00:00:00Z")

    assert (open_one["valid_to"], ending["valid_to"]) == (None, "2090-02-01T00:00:00Z")
    former = (await pricing.get(f"/pricing/prices/{open_one['id']}")).json()
    assert former["valid_to"] == ending["valid_from"]


async def test_what_the_database_cannot_hold_is_a_fault(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    body = {"sku": "LAMP", "currency": "GBP", "amount": "-1.1234567", "min_quantity": 3_000_000_000}

    answer = await pricing.post("/pricing/prices", body)

    assert answer.status_code == 422, answer.text
    assert {"#/amount", "#/min_quantity"} <= set(faults_of(answer))


async def test_an_end_cannot_reach_into_the_next_price(pricing: Bench, shop) -> None:
    await shop.product("LAMP")
    first = await shop.price("LAMP", "2.50")
    following = await shop.price("LAMP", "2.75", valid_from="2090-01-01T00:00:00Z")

    answer = await pricing.post(
        f"/pricing/prices/{first['id']}/end", {"at": "2090-02-01T00:00:00Z"}
    )

    assert (answer.status_code, answer.json()["price_id"]) == (409, following["id"])
    kept = (await pricing.get(f"/pricing/prices/{first['id']}")).json()
    assert kept["valid_to"] == "2090-01-01T00:00:00Z"


async def test_a_batch_names_what_is_in_its_way_and_leaves_no_trace(pricing: Bench, shop) -> None:
    items = [{"sku": f"S{n}", "currency": "GBP", "amount": "2"} for n in range(300)]
    names = [{"sku": item["sku"], "name": item["sku"]} for item in items]
    await pricing.post("/pricing/products/batch", {"items": names})
    held = await shop.price("S7", "3", valid_from="2090-01-01T00:00:00Z")

    answer = await pricing.post("/pricing/prices/batch", {"items": items})

    assert (answer.status_code, answer.json()["price_id"]) == (409, held["id"])
    assert answer.json()["detail"].startswith("S7 costs 3.00 GBP from 2090-01-01")
    assert await pricing.count("prices") == 1
    assert len(await pricing.told(PriceSet)) == 1


async def test_batches_of_the_same_prices_at_once_never_get_stuck(pricing: Bench, shop) -> None:
    """One after another, whatever order their items are in: nobody is told to try again."""
    skus = [f"S{n}" for n in range(80)]
    names = [{"sku": sku, "name": sku} for sku in skus]
    await pricing.post("/pricing/products/batch", {"items": names})
    batches = [
        [{"sku": sku, "currency": "GBP", "amount": amount} for sku in order]
        for order, amount in ((skus, "2"), (skus[::-1], "3"), (skus, "4"), (skus[::-1], "5"))
    ]

    answers = await asyncio.gather(
        *(pricing.post("/pricing/prices/batch", {"items": items}) for items in batches)
    )

    states = [answer.status_code for answer in answers]
    assert set(states) <= {200, 409}
    assert await pricing.count("prices where valid_to is null") == 80
    assert await pricing.count("prices") == 80 * states.count(200)
