"""What partners earn, whatever is heard first."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from partners.accrue_commissions.use_cases import note_confirmation
from shared.events.contract import Event
from shared.events.leads import LeadDealLinked, OpportunityOpened
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.events.partners import CommissionAccrued, CommissionAdjusted
from shared.events.parts import ReturnedLine, SoldLine
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money

LINES = ((3, "10.01"), (7, "0.99"), (1, "4.00"))


@dataclass
class Sale:
    """An order of an opportunity, and what comes after."""

    opportunity_id: UUID
    order_id: UUID = field(default_factory=new_id)

    def confirmed(self) -> OrderConfirmed:
        lines = [
            SoldLine(
                line=number, sku="LAMP", quantity=quantity, unit_price=Decimal(1), net=Decimal(net)
            )
            for number, (quantity, net) in enumerate(LINES, 1)
        ]
        return OrderConfirmed(
            order_id=self.order_id,
            number="SO-1",
            customer_id=new_id(),
            channel="reseller",
            currency="GBP",
            lines=lines,
            net=Money.of("15.00", "GBP"),
            due=Money.of("15.00", "GBP"),
            opportunity_id=self.opportunity_id,
        )

    def returned(self, line: int, quantity: int = 1) -> ReturnReceived:
        back = ReturnedLine(line=line, sku="LAMP", quantity=quantity, net=Decimal(1))
        return ReturnReceived(
            return_id=new_id(),
            order_id=self.order_id,
            customer_id=new_id(),
            lines=[back],
            refund=Money.of(1, "GBP"),
            opportunity_id=self.opportunity_id,
        )

    def cancelled(self) -> OrderCancelled:
        return OrderCancelled(
            order_id=self.order_id,
            customer_id=new_id(),
            reason="Ordered twice.",
            was_confirmed=True,
            opportunity_id=self.opportunity_id,
        )


async def _commission(partners: Bench, sale: Sale) -> dict | None:
    found = await partners.get("/partners/commissions", order_id=str(sale.order_id))
    items = found.json()["items"]
    assert len(items) <= 1
    if not items:
        return None
    return (await partners.get(f"/partners/commissions/{items[0]['id']}")).json()


def _essence(commission: dict | None) -> dict:
    """All but what differs from one telling to another."""
    assert commission is not None
    told = {"id", "partner_id", "deal_id", "order_id", "accrued_at", "version"}
    return {name: value for name, value in commission.items() if name not in told}


@pytest.mark.pcf("3.5.5.3")
async def test_an_order_of_a_deal_earns_a_commission(partners: Bench, world) -> None:
    deal = await world.deal("10")
    opened = world.opened(deal)
    sale = Sale(opened.opportunity_id)

    await partners.hear(world.linked(deal), opened, sale.confirmed(), sale.returned(1, 2))

    found = await _commission(partners, sale)
    assert found["commission"]["amount"] == "1.50"
    assert [line["commission"]["amount"] for line in found["lines"]] == ["1.00", "0.10", "0.40"]
    assert found["net"]["amount"] == "0.83"
    accrued = (await partners.told(CommissionAccrued))[0]
    assert (accrued.data["base"]["amount"], accrued.sequence) == ("15.00", 1)
    adjusted = (await partners.told(CommissionAdjusted))[0]
    assert adjusted.data["commission"]["amount"] == "0.83"
    assert adjusted.data["adjustment"]["amount"] == "-0.67"

    await partners.hear(sale.returned(1))
    assert (await _commission(partners, sale))["net"]["amount"] == "0.50"
    await partners.hear(sale.cancelled())
    assert (await _commission(partners, sale))["net"]["amount"] == "0.00"


async def test_a_statement_adds_up_by_currency(partners: Bench, world) -> None:
    deal = await world.deal("10")
    opened = world.opened(deal)
    sales = [Sale(opened.opportunity_id), Sale(opened.opportunity_id)]
    await partners.hear(
        world.linked(deal), opened, *(s.confirmed() for s in sales), sales[0].returned(3)
    )
    today = partners.clock.now().date().isoformat()
    here = f"/partners/partners/{deal['partner_id']}/statement"

    answer = await partners.get(here, from_on=today, to_on=today)
    before = await partners.get(here, from_on="2020-01-01", to_on="2020-12-31")

    assert answer.status_code == 200, answer.text
    (pounds,) = answer.json()["totals"]
    amounts = [pounds[name]["amount"] for name in ("accrued", "adjusted", "net")]
    assert (amounts, pounds["orders"]) == (["3.00", "-0.40", "2.60"], 2)
    assert before.json()["totals"] == []


async def test_a_deal_that_is_not_linked_earns_nothing(partners: Bench, world) -> None:
    deal = await world.deal()
    opened = world.opened(deal)

    await partners.hear(Sale(opened.opportunity_id).confirmed())

    assert await partners.count("commissions") == 0


async def test_the_same_event_twice_has_one_effect(partners: Bench, world) -> None:
    deal = await world.deal("10")
    opened = world.opened(deal)
    sale = Sale(opened.opportunity_id)
    events = (world.linked(deal), opened, sale.confirmed(), sale.returned(1))

    ids = await partners.hear(*events)
    once = await _commission(partners, sale)
    await partners.hear(*events, ids=ids)
    await partners.hear(*events)  # the same facts under other ids

    assert await _commission(partners, sale) == once
    assert len(await partners.told(CommissionAccrued)) == 1
    assert len(await partners.told(CommissionAdjusted)) == 1


async def _waits_or_is_done(bench: Bench, task: asyncio.Task[Any]) -> None:
    """Until the other either waits for what we hold, or has gone by without."""
    waiting = text("select exists (select from pg_locks where not granted)")
    while not task.done():
        async with bench.running.sessions() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0)


@pytest.mark.parametrize("knows", ["the link", "the opportunity"])
async def test_an_order_and_its_deal_heard_at_once_do_not_miss_each_other(
    partners: Bench, world, knows: str
) -> None:
    """One process has heard the order and not committed yet; another hears of the deal."""
    deal = await world.deal("10")
    opened = world.opened(deal)
    sale = Sale(opened.opportunity_id)
    heard = opened
    if knows == "the link":
        heard = world.linked(deal).model_copy(update={"opportunity_id": opened.opportunity_id})

    async with partners.work() as work:
        await note_confirmation(work, sale.confirmed())
        other = asyncio.create_task(partners.hear(heard))
        await _waits_or_is_done(partners, other)
    await other

    assert (await _commission(partners, sale))["net"]["amount"] == "1.50"


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_any_order_of_arrival_ends_in_the_same_commission(
    partners: Bench, world, data: st.DataObject
) -> None:
    """Told as it happened, and told in any order: the same commission, line by line."""
    deals = (await world.deal("7.77"), await world.deal("7.77"))
    returns = data.draw(
        st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=3), label="returns"
    )
    cancelled = data.draw(st.booleans(), label="cancelled")
    knows = data.draw(st.booleans(), label="the link knows the opportunity")
    stories: list[tuple[Sale, list[Event]]] = []
    for deal in deals:
        opened: OpportunityOpened = world.opened(deal)
        sale = Sale(opened.opportunity_id)
        linked: LeadDealLinked = world.linked(deal)
        if knows:
            linked = linked.model_copy(update={"opportunity_id": opened.opportunity_id})
        back = [sale.returned(line, quantity) for line, quantity in returns]
        last = [sale.cancelled()] if cancelled else []
        stories.append((sale, [linked, opened, sale.confirmed(), *back, *last]))

    (as_it_was, ordered), (as_it_came, events) = stories
    for event in ordered:
        await partners.hear(event)
    for event in data.draw(st.permutations(events), label="arrival"):
        await partners.hear(event)

    expected = _essence(await _commission(partners, as_it_was))
    assert _essence(await _commission(partners, as_it_came)) == expected
    if cancelled:
        assert expected["net"]["amount"] == "0.00"
