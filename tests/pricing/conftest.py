"""Speaking test data of pricing."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from shared.events.leads import AccountRegistered
from shared.events.orders import OrderPlaced
from shared.events.parts import PromotionUse, SoldLine
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class Shop:
    """What is needed before anything has a price."""

    def __init__(self, pricing: Bench) -> None:
        self.pricing = pricing

    async def product(self, sku: str, **how: Any) -> str:
        body = {"sku": sku, "name": sku.title(), **how}
        answer = await self.pricing.post("/pricing/products", body)
        assert answer.status_code == 201, answer.text
        return sku

    async def price(self, sku: str, amount: str, **how: Any) -> dict[str, Any]:
        body = {"sku": sku, "currency": "GBP", "amount": amount, **how}
        answer = await self.pricing.post("/pricing/prices", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def customer(self, segment: str | None) -> UUID:
        account = new_id()
        await self.pricing.hear(
            AccountRegistered(account_id=account, name="Shop", country="GB", segment=segment)
        )
        return account

    async def promotion(self, budget: str = "100.00", percent: str = "10", **how: Any) -> dict:
        body = {
            "code": "spring10",
            "name": "Spring",
            "percent": percent,
            "budget": {"amount": budget, "currency": "GBP"},
            **how,
        }
        drafted = await self.pricing.post("/pricing/promotions", body)
        assert drafted.status_code == 201, drafted.text
        path = f"/pricing/promotions/{drafted.json()['id']}/activate"
        return (await self.pricing.post(path)).json()

    def order(self, promotion: dict, discount: str = "10.00", nets: tuple[str, ...] = ("90.00",)):
        """An order that used the promotion, as orders tells it."""
        lines = [
            SoldLine(line=n, sku=f"S{n}", quantity=3, unit_price=Decimal(1), net=Decimal(net))
            for n, net in enumerate(nets, 1)
        ]
        use = PromotionUse(
            promotion_id=promotion["id"], code=promotion["code"], discount=Money.of(discount, "GBP")
        )
        return OrderPlaced(
            order_id=new_id(),
            number="SO-1",
            customer_id=new_id(),
            channel="direct",
            currency="GBP",
            lines=lines,
            net=Money.of(sum(Decimal(net) for net in nets), "GBP"),
            promotions=[use],
        )


@pytest.fixture
def shop(pricing: Bench) -> Shop:
    return Shop(pricing)
