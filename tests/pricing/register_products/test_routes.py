"""Products through the HTTP door."""

import asyncio

import pytest

from shared.events.pricing import ProductChanged, ProductRegistered
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.3.3.4")
async def test_a_product_is_registered_found_and_changed(pricing: Bench) -> None:
    made = await pricing.post("/pricing/products", {"sku": "LAMP", "name": "Lamp"})
    assert made.status_code == 201, made.text
    path = made.headers["location"]

    careless = await pricing.patch(path, {"name": "Desk lamp"})
    changed = await pricing.patch(path, {"name": "Desk lamp"}, version=1)
    late = await pricing.patch(path, {"name": "Table lamp"}, version=1)

    assert (careless.status_code, changed.status_code, late.status_code) == (428, 200, 412)
    assert late.json()["current_version"] == 2
    found = await pricing.get("/pricing/products/by-sku/LAMP")
    assert (found.json()["name"], found.json()["version"]) == ("Desk lamp", 2)
    assert [e.type for e in await pricing.told()] == [ProductRegistered.TYPE, ProductChanged.TYPE]


async def test_a_sku_is_taken_once(pricing: Bench) -> None:
    body = {"sku": "LAMP", "name": "Lamp"}

    answers = await asyncio.gather(*(pricing.post("/pricing/products", body) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_a_batch_tells_only_what_is_new(pricing: Bench) -> None:
    items = [{"sku": f"S{n}", "name": f"Product {n}"} for n in range(300)]
    first = (await pricing.post("/pricing/products/batch", {"items": items})).json()
    items[7]["name"] = "Another name"
    second = (await pricing.post("/pricing/products/batch", {"items": items})).json()

    assert (first["created"], second["changed"], second["unchanged"]) == (300, 1, 299)
    assert first["ids"] == second["ids"]
    assert len(await pricing.told(ProductRegistered)) == 300
    assert [e.sequence for e in await pricing.told(ProductChanged)] == [2]


async def test_batches_at_once_make_each_product_once(pricing: Bench) -> None:
    items = [{"sku": f"S{n}", "name": f"Product {n}"} for n in range(50)]

    answers = await asyncio.gather(
        *(
            pricing.post("/pricing/products/batch", {"items": batch})
            for batch in (items, list(reversed(items)), items)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    assert await pricing.count("products") == 50


async def test_faults_of_a_batch_point_into_it(pricing: Bench) -> None:
    items = [{"sku": "A", "name": "A"}, {"sku": "A", "name": "B"}]
    doubled = await pricing.post("/pricing/products/batch", {"items": items})
    half = await pricing.post("/pricing/products", {"sku": "A", "name": "A", "floor_price": "1"})

    assert faults_of(doubled) == {"#/items/1/sku": "named_twice"}
    assert half.status_code == 422
