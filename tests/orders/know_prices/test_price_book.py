"""The price book: the last word counts, and only what holds now."""

from datetime import timedelta
from decimal import Decimal

from shared.events.pricing import PriceSet, ProductChanged
from shared.kit.database import new_id
from shared.kit.testing import Bench


async def test_a_price_that_ended_is_not_charged(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", "2.50", on_hand=5)
    now = orders.clock.now()
    old = PriceSet(
        price_id=new_id(),
        sku="LAMP",
        currency="GBP",
        amount=Decimal("1.00"),
        segment=None,
        min_quantity=2,
        valid_from=now - timedelta(days=9),
        valid_to=now - timedelta(days=1),
    )
    later = old.model_copy(
        update={"price_id": new_id(), "valid_from": now + timedelta(days=1), "valid_to": None}
    )
    await orders.hear(old, later)

    order = (await orders.post("/orders/orders", world.order(customer, LAMP=2))).json()

    assert order["net"]["amount"] == "5.00"


async def test_a_product_that_became_a_charge_needs_no_stock(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("POST", "4.00")
    await orders.hear(
        ProductChanged(product_id=new_id(), sku="POST", name="Postage", kind="charge")
    )

    order = (await orders.post("/orders/orders", world.order(customer, POST=1))).json()

    assert order["lines"][0]["waiting"] == 0
