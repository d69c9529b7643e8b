"""Speaking test data of loyalty."""

from decimal import Decimal
from uuid import UUID

import pytest

from shared.events.leads import AccountRegistered
from shared.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderPlaced,
    ReturnReceived,
)
from shared.events.parts import MovedLine, ReturnedLine, SoldLine
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class Purchase:
    """An order as its events tell it."""

    def __init__(self, customer: UUID, *nets: str, quantity: int = 2, points: int = 0) -> None:
        self.id = new_id()
        self.customer = customer
        self.points = points
        self.lines = [
            SoldLine(
                line=n, sku=f"S{n}", quantity=quantity, unit_price=Decimal(1), net=Decimal(net)
            )
            for n, net in enumerate(nets, 1)
        ]
        self.net = Money.of(sum((line.net for line in self.lines), Decimal()), "GBP")

    def _head(self) -> dict:
        return {
            "order_id": self.id, "number": "SO-1", "customer_id": self.customer, "channel": "direct",
            "currency": "GBP", "lines": self.lines, "net": self.net,
        }  # fmt: skip

    def placed(self) -> OrderPlaced:
        return OrderPlaced(**self._head(), points=self.points)

    def confirmed(self) -> OrderConfirmed:
        return OrderConfirmed(**self._head(), due=self.net)

    def cancelled(self) -> OrderCancelled:
        return OrderCancelled(
            order_id=self.id, customer_id=self.customer, reason="x", was_confirmed=True
        )

    def delivered(self, **quantities: int) -> OrderDelivered:
        """Everything, or `delivered(line1=1)`."""
        counts = {int(name[4:]): count for name, count in quantities.items()}
        moved = [
            MovedLine(line=line.line, sku=line.sku, quantity=counts.get(line.line, line.quantity))
            for line in self.lines
            if not counts or line.line in counts
        ]
        return OrderDelivered(
            order_id=self.id,
            shipment_id=new_id(),
            customer_id=self.customer,
            lines=moved,
            complete=True,
        )

    def returned(self, line: int = 1, quantity: int = 1, points: int = 0) -> ReturnReceived:
        part = ReturnedLine(line=line, sku=f"S{line}", quantity=quantity, net=Decimal(1))
        return ReturnReceived(
            return_id=new_id(),
            order_id=self.id,
            customer_id=self.customer,
            lines=[part],
            refund=Money.of(1, "GBP"),
            points_refund=points,
        )


class Club:
    """An active programme: one point a pound, a point pays one penny."""

    def __init__(self, loyalty: Bench) -> None:
        self.loyalty = loyalty
        self.program: dict = {}

    async def open(self, **how: str) -> None:
        body = {
            "name": "Good Company",
            "currency": "GBP",
            "points_per_unit": "1",
            "point_value": "0.01",
            **how,
        }
        made = await self.loyalty.post("/loyalty/programs", body)
        assert made.status_code == 201, made.text
        path = f"{made.headers['location']}/activate"
        self.program = (await self.loyalty.post(path)).json()

    async def customer(self) -> UUID:
        account = new_id()
        await self.loyalty.hear(AccountRegistered(account_id=account, name="Shop", country="GB"))
        return account

    def enrolment(self, customer: UUID) -> dict:
        consent = {"given": True, "wording": "I want to collect points."}
        return {"customer_id": str(customer), "program_id": self.program["id"], "consent": consent}

    async def close(self) -> None:
        closed = await self.loyalty.post(f"/loyalty/programs/{self.program['id']}/close")
        assert closed.status_code == 200, closed.text

    async def member(self, customer: UUID | None = None) -> tuple[UUID, str]:
        """(customer id, path of the member)."""
        customer = customer or await self.customer()
        made = await self.loyalty.post("/loyalty/members", self.enrolment(customer))
        assert made.status_code == 201, made.text
        return customer, made.headers["location"]

    async def balance(self, path: str) -> tuple[int, int, int]:
        found = (await self.loyalty.get(path)).json()
        return found["pending"], found["available"], found["spent"]

    async def rich(self, points: int) -> tuple[UUID, str]:
        """A member who can spend so many points."""
        customer, path = await self.member()
        earlier = Purchase(customer, f"{points}.00")
        await self.loyalty.hear(earlier.confirmed(), earlier.delivered())
        return customer, path


@pytest.fixture
async def club(loyalty: Bench) -> Club:
    made = Club(loyalty)
    await made.open()
    return made
