"""Attribution under events: whatever comes first, the end is the same."""

import asyncio
import itertools
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from campaigns.attribute_revenue.use_cases import note_confirmation
from shared.events.campaigns import AttributionCorrected, RevenueAttributed
from shared.events.leads import OpportunityOpened
from shared.events.orders import OrderCancelled, OrderConfirmed, ReturnReceived
from shared.kit.database import new_id
from shared.kit.testing import Bench
from shared.values import Money


def _opened(campaign_id: str) -> OpportunityOpened:
    return OpportunityOpened(
        opportunity_id=new_id(),
        account_id=new_id(),
        expected=Money.of(100, "GBP"),
        stage="discovery",
        campaign_id=UUID(campaign_id),
    )


def _confirmed(opened: OpportunityOpened, net: str = "100.00") -> OrderConfirmed:
    return OrderConfirmed(
        order_id=new_id(),
        number="SO-1",
        customer_id=new_id(),
        channel="direct",
        currency="GBP",
        lines=[],
        net=Money.of(net, "GBP"),
        due=Money.of(net, "GBP"),
        opportunity_id=opened.opportunity_id,
    )


def _returned(order: OrderConfirmed, refund: str) -> ReturnReceived:
    return ReturnReceived(
        return_id=new_id(),
        order_id=order.order_id,
        customer_id=order.customer_id,
        lines=[],
        refund=Money.of(refund, "GBP"),
        opportunity_id=order.opportunity_id,
    )


@pytest.mark.pcf("3.3.4.6")
async def test_a_campaign_gets_what_is_left_of_its_orders(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    opened = _opened(campaign["id"])
    order = _confirmed(opened)
    back = _returned(order, "30.00")

    ids = await campaigns.hear(opened, order, back)
    await campaigns.hear(opened, order, back, ids=ids)
    await campaigns.hear(back)

    results = (await campaigns.get(f"/campaigns/campaigns/{campaign['id']}/results")).json()
    assert results["revenue"] == [
        {
            "orders": 1,
            "revenue": {"amount": "100.00", "currency": "GBP"},
            "net": {"amount": "70.00", "currency": "GBP"},
        }
    ]
    assert len(await campaigns.told(RevenueAttributed)) == 1
    corrected = (await campaigns.told(AttributionCorrected))[0].data
    assert corrected["correction"]["amount"] == "-30.00"


async def test_whatever_comes_first_the_end_is_the_same(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    ends = set()
    for order_of_events in itertools.permutations(range(4)):
        opened = _opened(campaign["id"])
        order = _confirmed(opened)
        events = [opened, order, _returned(order, "30.00"), _returned(order, "12.50")]
        for index in order_of_events:
            await campaigns.hear(events[index])
        found = await campaigns.get("/campaigns/attributions", order_id=str(order.order_id))
        ends.add(found.json()["items"][0]["net"]["amount"])

    assert ends == {"57.50"}


async def test_a_cancelled_order_brought_nothing(campaigns: Bench, desk) -> None:
    campaign = await desk.launched()
    for first in (0, 1):
        opened = _opened(campaign["id"])
        order = _confirmed(opened)
        cancelled = OrderCancelled(
            order_id=order.order_id,
            customer_id=order.customer_id,
            reason="x",
            was_confirmed=True,
            opportunity_id=order.opportunity_id,
        )
        events = [order, cancelled]
        await campaigns.hear(opened, events[first])
        await campaigns.hear(events[1 - first])
        found = await campaigns.get("/campaigns/attributions", order_id=str(order.order_id))
        assert found.json()["items"][0]["net"]["amount"] == "0.00"


async def test_an_order_of_no_campaign_is_nobodys(campaigns: Bench, desk) -> None:
    opened = _opened(str(new_id()))

    await campaigns.hear(opened, _confirmed(opened))

    assert await campaigns.count("attributions") == 0


async def _waits_or_is_done(bench: Bench, task: asyncio.Task[Any]) -> None:
    """Until the other either waits for what we hold, or has gone by without."""
    waiting = text("select exists (select from pg_locks where not granted)")
    while not task.done():
        async with bench.running.sessions() as session:
            if await session.scalar(waiting):
                return
        await asyncio.sleep(0)


async def test_an_order_and_its_opportunity_heard_at_once_do_not_miss_each_other(
    campaigns: Bench, desk
) -> None:
    """One process has heard the order and not committed yet; another hears the opportunity."""
    campaign = await desk.launched()
    opened = _opened(campaign["id"])
    order = _confirmed(opened)

    async with campaigns.work() as work:
        await note_confirmation(work, order)
        other = asyncio.create_task(campaigns.hear(opened))
        await _waits_or_is_done(campaigns, other)
    await other

    found = await campaigns.get("/campaigns/attributions", order_id=str(order.order_id))
    assert [one["net"]["amount"] for one in found.json()["items"]] == ["100.00"]
