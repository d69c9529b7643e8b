"""Whatever is done in whatever order, also at once: stock, lines, money and events agree."""

import asyncio
import random
from collections import Counter
from decimal import Decimal

import pytest

from shared.events.loyalty import RedemptionAccepted, RedemptionRefused
from shared.events.orders import OrderBackOrdered, OrderCancelled, OrderShipped, ReturnReceived
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money

SKUS = ("LAMP", "VASE", "FEE")
OPEN = ("received", "confirmed", "partly_shipped")


class Story:
    """Random acts upon one small shop. A refusal is an answer; a fault of the server is not."""

    def __init__(self, orders: Bench, world, seed: int) -> None:
        self.orders = orders
        self.world = world
        self.random = random.Random(seed)
        self.placed: list[str] = []
        self.receipts = 0
        self.heard: set[str] = set()

    async def begin(self) -> None:
        self.customer = await self.world.customer()
        await self.world.product("LAMP", "3.33")
        await self.world.product("VASE", "9.99", on_hand=4)
        await self.world.product("FEE", "1.00", kind="charge")

    async def _post(self, path: str, body: object = None) -> dict | None:
        answer = await self.orders.post(path, body)
        assert answer.status_code in (200, 201, 409, 422), answer.text
        return answer.json() if answer.status_code < 300 else None

    async def place(self) -> None:
        lines = [
            {"sku": self.random.choice(SKUS), "quantity": self.random.randint(1, 5)}
            for _ in range(self.random.randint(1, 4))
        ]
        body = {"customer_id": str(self.customer), "currency": "GBP", "lines": lines}
        points = self.random.choice((0, 0, 7))
        answer = await self.orders.post("/orders/orders", body | {"points": points})
        assert answer.status_code == 201, answer.text
        self.placed.append(answer.json()["id"])

    def _some(self) -> str:
        return self.random.choice(self.placed)

    async def receive(self) -> None:
        self.receipts += 1
        lines = [
            {"sku": self.random.choice(SKUS[:2]), "quantity": self.random.randint(1, 6)}
            for _ in range(2)
        ]
        await self._post(
            "/orders/stock/receipts", {"reference": f"GR-{self.receipts}", "lines": lines}
        )

    async def cancel(self) -> None:
        await self._post(f"/orders/orders/{self._some()}/cancel", {"reason": "By chance."})

    async def ship(self) -> None:
        line = {"line": 1, "quantity": self.random.randint(1, 3)}
        body = self.random.choice(({}, {"lines": [line]}))
        await self._post(f"/orders/orders/{self._some()}/ship", body)

    async def deliver(self) -> None:
        page = (await self.orders.get("/orders/shipments", order_id=self._some())).json()
        for shipment in page["items"][:1]:
            await self._post(f"/orders/shipments/{shipment['id']}/deliver")

    async def give_back(self) -> None:
        line = {"line": self.random.randint(1, 2), "quantity": self.random.randint(1, 2)}
        body = {"lines": [line], "reason": "By chance."}
        await self._post(f"/orders/orders/{self._some()}/returns", body)

    async def answer_points(self) -> None:
        told = {"redemption_id": new_id(), "order_id": self._some(), "member_id": new_id()}
        if self.random.random() < 0.7:
            value = Money.of("2.00", "GBP")
            await self.orders.hear(RedemptionAccepted(**told, points=7, value=value))
        else:
            await self.orders.hear(RedemptionRefused(**told, points=7, reason="No points."))

    async def hear_itself(self) -> None:
        for kind in (OrderCancelled, OrderBackOrdered):
            for told in await self.orders.told(kind):
                if told.attributes["id"] not in self.heard:
                    self.heard.add(told.attributes["id"])
                    await self.orders.hear(kind.model_validate(told.data))

    async def act(self) -> None:
        acts = [self.place, self.receive, self.ship]
        acts += [self.cancel, self.deliver, self.give_back, self.answer_points]
        await self.random.choice(acts if self.placed else [self.place])()

    async def agrees(self) -> None:
        reserved, waiting = Counter[str](), Counter[str]()
        for number in self.placed:
            order = (await self.orders.get(f"/orders/orders/{number}")).json()
            net = sum(Decimal(line["net"]) for line in order["lines"])
            assert net == Decimal(order["net"]["amount"])
            assert net == Decimal(order["due"]["amount"]) + Decimal(order["points_value"]["amount"])
            for line in order["lines"]:
                held = line["reserved"] + line["waiting"]
                ended = order["state"] == "cancelled"
                assert held + line["shipped"] == (0 if ended else line["quantity"]), order
                assert line["returned"] <= line["shipped"] >= line["delivered"]
                if line["sku"] != "FEE":
                    reserved[line["sku"]] += line["reserved"]
                    if order["state"] in OPEN[1:]:
                        waiting[line["sku"]] += line["waiting"]
            await self._moved(order)
        for stock in (await self.orders.get("/orders/stock")).json()["items"]:
            assert stock["reserved"] == reserved[stock["sku"]]
            assert stock["available"] >= 0
            assert stock["available"] == 0 or waiting[stock["sku"]] == 0, stock

    async def _moved(self, order: dict) -> None:
        """Events say what the rows say."""
        shipped, returned, refund = Counter[int](), Counter[int](), Decimal()
        for told in await self.orders.told(OrderShipped):
            if told.data["order_id"] == order["id"]:
                shipped.update({line["line"]: line["quantity"] for line in told.data["lines"]})
        points = 0
        for told in await self.orders.told(ReturnReceived):
            if told.data["order_id"] == order["id"]:
                returned.update({line["line"]: line["quantity"] for line in told.data["lines"]})
                refund += Decimal(told.data["refund"]["amount"])
                points += told.data["points_refund"]
        for line in order["lines"]:
            assert shipped[line["line"]] == line["shipped"]
            assert returned[line["line"]] == line["returned"]
        assert refund <= Decimal(order["net"]["amount"])
        assert points <= order["points"]


@pytest.mark.parametrize("seed", range(6))
async def test_stock_lines_money_and_events_agree_after_any_sequence(
    orders: Bench, world, seed: int
) -> None:
    story = Story(orders, world, seed)
    await story.begin()
    for _ in range(25):
        acts = (story.act() for _ in range(story.random.choice((1, 1, 3))))
        for outcome in await asyncio.gather(*acts, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
    await story.hear_itself()
    await story.agrees()
