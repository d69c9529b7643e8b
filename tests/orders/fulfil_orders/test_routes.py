"""Receipts, back orders and shipments through the HTTP door."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.orders import OrderAllocated, OrderCancelled, OrderDelivered, OrderShipped
from shared.kit.testing import Bench, faults_of


async def _order(orders: Bench, world, quantity: int = 5, sku: str = "LAMP") -> dict:
    customer = await world.customer()
    return (await orders.post("/orders/orders", world.order(customer, **{sku: quantity}))).json()


async def _receive(orders: Bench, reference: str, **lines: int):
    body = {
        "reference": reference,
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
    }
    return await orders.post("/orders/stock/receipts", body)


@pytest.mark.pcf("3.5.4.3", "3.5.4.7")
async def test_a_receipt_serves_those_who_wait_longest(orders: Bench, world) -> None:
    await world.product("LAMP")
    first = await _order(orders, world, 5)
    second = await _order(orders, world, 5)

    answer = await _receive(orders, "GR-1", LAMP=7)

    assert answer.status_code == 201, answer.text
    served = [(a["order_id"], a["quantity"]) for a in answer.json()["allocated"]]
    assert served == [(first["id"], 5), (second["id"], 2)]
    queue = (await orders.get("/orders/back-orders")).json()["items"]
    assert [(q["order_id"], q["waiting"]) for q in queue] == [(second["id"], 3)]
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (7, 7, 0)
    assert len(await orders.told(OrderAllocated)) == 2


async def test_a_receipt_is_booked_once(orders: Bench, world) -> None:
    await world.product("LAMP")

    answers = await asyncio.gather(*(_receive(orders, "GR-2", LAMP=7) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert stock["on_hand"] == 7


async def test_orders_and_receipts_at_once_leave_nobody_waiting_beside_stock(
    orders: Bench, world
) -> None:
    """Whoever comes first: in the end either stock or waiting is nil."""
    await world.product("LAMP")
    customer = await world.customer()
    wishes = [orders.post("/orders/orders", world.order(customer, LAMP=3)) for _ in range(12)]
    receipts = [_receive(orders, f"GR-{n}", LAMP=3) for n in range(12)]

    await asyncio.gather(*(x for pair in zip(wishes, receipts, strict=True) for x in pair))

    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["available"]) == (36, 0)
    assert (await orders.get("/orders/back-orders")).json()["items"] == []


async def test_a_receipt_of_an_unknown_product_is_refused_whole(orders: Bench, world) -> None:
    await world.product("LAMP")

    answer = await _receive(orders, "GR-3", LAMP=1, NOPE=1)

    assert answer.status_code == 422
    assert faults_of(answer) == {"#/lines/1/sku": "unknown_product"}
    assert await orders.count("stock") == 0


@pytest.mark.pcf("3.5.4.4", "3.5.4.5")
async def test_an_order_ships_in_two_shipments_and_arrives(orders: Bench, world) -> None:
    await world.product("LAMP", on_hand=3)
    order = await _order(orders, world, 5)

    first = await orders.post(f"/orders/orders/{order['id']}/ship", {"carrier": "Post"})
    assert first.status_code == 201, first.text
    assert first.json()["lines"] == [{"line": 1, "sku": "LAMP", "quantity": 3}]
    none_left = await orders.post(f"/orders/orders/{order['id']}/ship", {})
    assert none_left.status_code == 409
    await _receive(orders, "GR-4", LAMP=10)
    second = await orders.post(
        f"/orders/orders/{order['id']}/ship", {"lines": [{"line": 1, "quantity": 2}]}
    )
    assert second.status_code == 201, second.text

    for shipment in (first.json(), second.json()):
        arrived = await orders.post(f"/orders/shipments/{shipment['id']}/deliver")
        assert arrived.status_code == 200, arrived.text
    again = await orders.post(f"/orders/shipments/{first.json()['id']}/deliver")
    assert again.status_code == 409

    assert [e.data["complete"] for e in await orders.told(OrderShipped)] == [False, True]
    assert [e.data["complete"] for e in await orders.told(OrderDelivered)] == [False, True]
    read = (await orders.get(f"/orders/orders/{order['id']}")).json()
    assert (read["state"], read["allowed_actions"]) == ("delivered", ["return"])
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["reserved"]) == (8, 0)
    shipments = (await orders.get("/orders/shipments", order_id=order["id"])).json()["items"]
    assert len(shipments) == 2


async def test_two_shipments_of_the_same_goods_at_once_are_one(orders: Bench, world) -> None:
    await world.product("LAMP", on_hand=5)
    order = await _order(orders, world, 5)

    answers = await asyncio.gather(
        *(orders.post(f"/orders/orders/{order['id']}/ship", {}) for _ in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_no_more_leaves_than_is_reserved(orders: Bench, world) -> None:
    await world.product("LAMP", on_hand=3)
    order = await _order(orders, world, 5)
    asked = {"lines": [{"line": 1, "quantity": 4}, {"line": 7, "quantity": 1}]}

    answer = await orders.post(f"/orders/orders/{order['id']}/ship", asked)

    assert answer.status_code == 422
    assert faults_of(answer) == {
        "#/lines/0/quantity": "more_than_reserved",
        "#/lines/1/line": "unknown_line",
    }


async def test_what_a_cancelled_order_held_goes_to_who_waits(orders: Bench, world) -> None:
    await world.product("LAMP", on_hand=5)
    holder = await _order(orders, world, 5)
    waiter = await _order(orders, world, 2)
    await orders.post(f"/orders/orders/{holder['id']}/cancel", {"reason": "Not needed."})
    told = (await orders.told(OrderCancelled))[0].data

    event = OrderCancelled.model_validate(told)
    ids = await orders.hear(event)
    await orders.hear(event, ids=ids)

    read = (await orders.get(f"/orders/orders/{waiter['id']}")).json()
    assert (read["lines"][0]["reserved"], read["lines"][0]["waiting"]) == (2, 0)


async def test_an_unknown_order_cannot_ship(orders: Bench) -> None:
    assert (await orders.post(f"/orders/orders/{uuid4()}/ship", {})).status_code == 404
