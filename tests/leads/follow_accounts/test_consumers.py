"""The book of what accounts bought, in whatever order it is heard."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from shared.events.contract import Event
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.events.parts import ReturnedLine, SoldLine
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


class Order:
    """An order of an account, and what can happen to it."""

    def __init__(self, account: dict[str, Any], net: str = "100.00", currency: str = "GBP") -> None:
        self.id = new_id()
        self.account_id = UUID(account["id"])
        self.net = Money.of(net, currency)

    def confirmed(self) -> OrderConfirmed:
        amount = self.net.amount
        line = SoldLine(line=1, sku="LAMP", quantity=1, unit_price=amount, net=amount)
        return OrderConfirmed(
            order_id=self.id,
            number="SO-1",
            customer_id=self.account_id,
            channel="direct",
            currency=self.net.currency,
            lines=[line],
            net=self.net,
            due=self.net,
        )

    def cancelled(self, *, was_confirmed: bool = True) -> OrderCancelled:
        return OrderCancelled(
            order_id=self.id,
            customer_id=self.account_id,
            reason="Twice.",
            was_confirmed=was_confirmed,
        )

    def returned(self, refund: str) -> ReturnReceived:
        money = Money.of(refund, self.net.currency)
        line = ReturnedLine(line=1, sku="LAMP", quantity=1, net=money.amount)
        return ReturnReceived(
            return_id=new_id(),
            order_id=self.id,
            customer_id=self.account_id,
            lines=[line],
            refund=money,
        )


async def revenue(world, account: dict[str, Any]) -> Sequence[tuple[str, int, str, str, str]]:
    found = await world.read(f"/leads/accounts/{account['id']}/revenue")
    return [
        (
            part["net"]["currency"],
            part["orders"],
            part["gross"]["amount"],
            part["refunds"]["amount"],
            part["net"]["amount"],
        )
        for part in found["items"]
    ]


@pytest.mark.pcf("3.5.2.4")
async def test_revenue_is_what_was_confirmed_less_what_came_back(leads: Bench, world) -> None:
    account = await world.account()
    one, two, yen = Order(account), Order(account, "50.50"), Order(account, "900", "JPY")
    gone = Order(account, "77.00")

    await leads.hear(*(order.confirmed() for order in (one, two, yen, gone)))
    await leads.hear(gone.cancelled(), one.returned("20.00"), one.returned("5.00"))

    assert await revenue(world, account) == [
        ("GBP", 2, "150.50", "25.00", "125.50"),
        ("JPY", 1, "900", "0", "900"),
    ]


@pytest.mark.parametrize("order_of_news", list(permutations(range(3))))
async def test_confirmation_and_returns_in_any_order(leads: Bench, world, order_of_news) -> None:
    account = await world.account()
    order = Order(account)
    news: list[Event] = [order.confirmed(), order.returned("10.00"), order.returned("15.00")]

    for index in order_of_news:
        await leads.hear(news[index])
    await leads.hear(*news)

    assert await revenue(world, account) == [("GBP", 1, "100.00", "25.00", "75.00")]


async def test_a_cancellation_heard_before_its_confirmation_counts(leads: Bench, world) -> None:
    account = await world.account()
    order = Order(account)

    await leads.hear(order.cancelled())
    before = await revenue(world, account)
    await leads.hear(order.confirmed())

    assert before == []
    assert await revenue(world, account) == []


async def test_what_was_never_confirmed_is_not_in_the_book(leads: Bench, world) -> None:
    account = await world.account()

    await leads.hear(Order(account).cancelled(was_confirmed=False))

    assert await leads.count("account_orders") == 0


async def test_the_book_can_be_reconciled_order_by_order(leads: Bench, world) -> None:
    account, other = await world.account("One"), await world.account("Other")
    mine, theirs = Order(account), Order(other)
    waiting = Order(account)
    await leads.hear(mine.confirmed(), theirs.confirmed(), waiting.returned("1.00"))

    async def rows(**query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await leads.get("/leads/account-orders", **query)).json()[
            "items"
        ]
        return items

    assert len(await rows()) == 3
    assert [r["order_id"] for r in await rows(account_id=other["id"])] == [str(theirs.id)]
    (row,) = await rows(order_id=str(mine.id))
    assert row["confirmed_at"] is not None
    assert {k: row[k] for k in ("net", "refunded", "cancelled", "cancelled_at")} == {
        "net": {"amount": "100.00", "currency": "GBP"},
        "refunded": {"amount": "0.00", "currency": "GBP"},
        "cancelled": False,
        "cancelled_at": None,
    }
    (unheard,) = await rows(order_id=str(waiting.id))
    assert (unheard["net"], unheard["refunded"]["amount"]) == (None, "1.00")


async def test_an_unknown_account_has_no_book(leads: Bench) -> None:
    assert (await leads.get(f"/leads/accounts/{new_id()}/revenue")).status_code == 404
