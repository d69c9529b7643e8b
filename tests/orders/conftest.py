"""Speaking test data of orders."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from orders.hold_stock.tables import MAIN, Stock
from shared.events.leads import AccountRegistered
from shared.events.pricing import PriceSet, ProductRegistered
from shared.kit.database import new_id
from shared.kit.testing import Bench

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class World:
    """What orders must know before it can take an order."""

    def __init__(self, orders: Bench) -> None:
        self.orders = orders

    async def customer(self, segment: str | None = None) -> UUID:
        account = new_id()
        told = AccountRegistered(
            account_id=account, name="Corner Shop", country="GB", segment=segment
        )
        await self.orders.hear(told)
        return account

    async def product(
        self, sku: str, price: str = "2.50", on_hand: int = 0, kind: str = "goods"
    ) -> str:
        product = ProductRegistered(product_id=new_id(), sku=sku, name=sku.title(), kind=kind)
        await self.orders.hear(product, await self._price(sku, price))
        if on_hand:
            async with self.orders.work() as work:
                work.add(
                    Stock(id=new_id(), sku=sku, location=MAIN, on_hand=on_hand, updated_at=work.now)
                )
        return sku

    async def _price(self, sku: str, price: str) -> PriceSet:
        return PriceSet(
            price_id=new_id(),
            sku=sku,
            currency="GBP",
            amount=Decimal(price),
            valid_from=LONG_AGO,
        )

    async def price(
        self, sku: str, price: str, *, segment: str | None = None, quantity: int = 1
    ) -> None:
        told = await self._price(sku, price)
        await self.orders.hear(
            told.model_copy(update={"segment": segment, "min_quantity": quantity})
        )

    def order(self, customer: UUID, **lines: int) -> dict[str, object]:
        """An order body: `order(customer, LAMP=2)`."""
        return {
            "customer_id": str(customer),
            "currency": "GBP",
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
        }


@pytest.fixture
def world(orders: Bench) -> World:
    return World(orders)
