"""Returns through the HTTP door."""

import asyncio

import pytest

from shared.events.orders import ReturnReceived
from shared.kit.testing import Bench, faults_of


async def _shipped(orders: Bench, world) -> dict:
    customer = await world.customer()
    await world.product("LAMP", "3.33", on_hand=10)
    await world.product("POST", "4.00", kind="charge")
    order = (await orders.post("/orders/orders", world.order(customer, LAMP=3, POST=1))).json()
    await orders.post(f"/orders/orders/{order['id']}/ship", {})
    return order


def _back(quantity: int, line: int = 1) -> dict:
    return {"lines": [{"line": line, "quantity": quantity}], "reason": "Arrived broken."}


@pytest.mark.pcf("3.5.4.8")
async def test_goods_come_back_and_money_goes_back(orders: Bench, world) -> None:
    order = await _shipped(orders, world)

    answer = await orders.post(f"/orders/orders/{order['id']}/returns", _back(2))

    assert answer.status_code == 201, answer.text
    assert answer.json()["refund"] == {"amount": "6.66", "currency": "GBP"}
    told = (await orders.told(ReturnReceived))[0]
    assert told.data["lines"] == [{"line": 1, "sku": "LAMP", "quantity": 2, "net": "6.66"}]
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["reserved"]) == (9, 0)
    read = await orders.get(answer.headers["location"])
    assert read.json() == answer.json()


async def test_the_same_goods_come_back_once(orders: Bench, world) -> None:
    """Two clerks book the same return: one succeeds, the other hears what is left."""
    order = await _shipped(orders, world)

    answers = await asyncio.gather(
        *(orders.post(f"/orders/orders/{order['id']}/returns", _back(2)) for _ in range(2))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert await orders.count("returns") == 1


async def test_what_never_left_cannot_come_back(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    order = (await orders.post("/orders/orders", world.order(customer, LAMP=3))).json()

    answer = await orders.post(f"/orders/orders/{order['id']}/returns", _back(1))

    assert faults_of(answer) == {"#/lines/0/quantity": "more_than_shipped"}
    assert await orders.told(ReturnReceived) == []


async def test_a_charge_comes_back_without_stock(orders: Bench, world) -> None:
    order = await _shipped(orders, world)

    answer = await orders.post(f"/orders/orders/{order['id']}/returns", _back(1, line=2))

    assert answer.json()["refund"]["amount"] == "4.00"
    assert (await orders.get("/orders/stock", sku="POST")).json()["items"] == []
