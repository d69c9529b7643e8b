"""External ids: one record an id, whichever service, also when two come at once."""

import asyncio

from shared.kit.testing import Bench


async def test_an_order_is_found_by_the_id_of_another_system(orders: Bench) -> None:
    missing = await orders.get("/orders/orders/by-external-id/sap/4711")

    assert missing.status_code == 404
    assert missing.json()["detail"] == "No order has 4711 in sap."


async def test_two_records_never_share_an_id(pricing: Bench) -> None:
    """One product gets the id, the other caller hears that it is taken; nothing of theirs stays."""
    bodies = [{"sku": f"S{n}", "name": "Lamp", "external_ids": {"sap": "4711"}} for n in range(5)]

    answers = await asyncio.gather(*(pricing.post("/pricing/products", body) for body in bodies))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    taken = next(answer for answer in answers if answer.status_code == 409)
    assert taken.json()["detail"] == "Another record has this external id."
    assert await pricing.count("products") == 1
    found = await pricing.get("/pricing/products/by-external-id/sap/4711")
    assert found.json()["external_ids"] == {"sap": "4711"}


async def test_an_id_that_was_given_up_is_free(pricing: Bench) -> None:
    item = {"sku": "A", "name": "Lamp", "external_ids": {"sap": "1", "old": "2"}}
    await pricing.post("/pricing/products/batch", {"items": [item]})
    moved = {**item, "external_ids": {"sap": "1"}}

    answer = await pricing.post(
        "/pricing/products/batch",
        {"items": [moved, {"sku": "B", "name": "Vase", "external_ids": {"old": "2"}}]},
    )

    assert answer.status_code == 200, answer.text
    found = await pricing.get("/pricing/products/by-external-id/old/2")
    assert found.json()["sku"] == "B"
