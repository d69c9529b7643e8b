"""Who waits is served, whatever came first: the receipt, the confirmation, or the first order."""

import asyncio

import pytest

from orders.hold_stock.tables import MAX_UNITS
from shared.events.loyalty import RedemptionAccepted
from shared.events.orders import OrderAllocated, OrderBackOrdered, OrderConfirmed
from shared.kit.database import new_id
from shared.kit.testing import Bench, faults_of
from shared.values import Money


async def _hear_back_orders(orders: Bench) -> None:
    """What the service told itself comes back to it by its own topic."""
    for told in await orders.told(OrderBackOrdered):
        await orders.hear(OrderBackOrdered.model_validate(told.data))


async def _receive(orders: Bench, reference: str, sku: str, *quantities: int):
    lines = [{"sku": sku, "quantity": quantity} for quantity in quantities]
    return await orders.post("/orders/stock/receipts", {"reference": reference, "lines": lines})


async def test_goods_that_came_before_the_points_serve_the_order_once_it_is_confirmed(
    orders: Bench, world
) -> None:
    await world.product("LAMP", "10.00")
    customer = await world.customer()
    body = world.order(customer, LAMP=3) | {"points": 100}
    order = (await orders.post("/orders/orders", body)).json()
    assert (order["state"], order["lines"][0]["waiting"]) == ("received", 3)
    received = await _receive(orders, "GR-1", "LAMP", 5)
    assert received.json()["allocated"] == []

    await orders.hear(
        RedemptionAccepted(
            redemption_id=new_id(),
            order_id=order["id"],
            member_id=customer,
            points=100,
            value=Money.of("1.00", "GBP"),
        )
    )
    await _hear_back_orders(orders)

    line = (await orders.get(f"/orders/orders/{order['id']}")).json()["lines"][0]
    assert (line["reserved"], line["waiting"]) == (3, 0)
    assert len(await orders.told(OrderAllocated)) == 1


async def test_the_first_goods_ever_and_an_order_at_once_find_each_other(
    orders: Bench, world
) -> None:
    """Without a position there is no row whose lock could order them."""
    customer = await world.customer()
    skus = [f"NEW{n}" for n in range(8)]
    for sku in skus:
        await world.product(sku)
    both = []
    for n, sku in enumerate(skus):
        both += [
            orders.post("/orders/orders", world.order(customer, **{sku: 2})),
            _receive(orders, f"GR-{n}", sku, 2),
        ]
    answers = await asyncio.gather(*both)
    assert {answer.status_code for answer in answers} == {201}

    await _hear_back_orders(orders)

    assert (await orders.get("/orders/back-orders")).json()["items"] == []
    assert len(await orders.told(OrderConfirmed)) == len(skus)


async def test_more_than_can_be_counted_is_refused(orders: Bench, world) -> None:
    await world.product("SCREW")
    full = [10_000_000] * (MAX_UNITS // 10_000_000)
    assert (await _receive(orders, "GR-1", "SCREW", *full)).status_code == 201

    more = await _receive(orders, "GR-2", "SCREW", 10_000_000)
    much = await _receive(orders, "GR-3", "SCREW", *[10_000_000] * 500)

    assert (more.status_code, much.status_code) == (409, 409), (more.text, much.text)
    stock = (await orders.get("/orders/stock", sku="SCREW")).json()["items"][0]
    assert stock["on_hand"] == sum(full)


async def test_points_that_cannot_exist_are_refused(orders: Bench, world) -> None:
    await world.product("LAMP", on_hand=5)
    body = world.order(await world.customer(), LAMP=1) | {"points": 3_000_000_000}

    answer = await orders.post("/orders/orders", body)

    assert answer.status_code == 422
    assert list(faults_of(answer)) == ["#/points"]


async def test_a_text_that_cannot_be_stored_is_refused(orders: Bench, world) -> None:
    await world.product("LAMP")

    answer = await _receive(orders, "GR\x00", "LAMP", 1)

    assert 400 <= answer.status_code < 500, answer.text


async def test_an_event_whose_number_fits_nowhere_does_not_hold_back_others(
    orders: Bench, world
) -> None:
    await world.product("LAMP", on_hand=5)
    body = world.order(await world.customer(), LAMP=1) | {"points": 5}
    order = (await orders.post("/orders/orders", body)).json()
    huge = RedemptionAccepted(
        redemption_id=new_id(),
        order_id=order["id"],
        member_id=new_id(),
        points=3_000_000_000,
        value=Money.of("1.00", "GBP"),
    )

    with pytest.raises(AssertionError, match="out of the range that can be stored"):
        await orders.hear(huge)
