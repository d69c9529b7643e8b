"""The ledger under events: in any order, twice, and at once."""

import asyncio
import itertools

import pytest
from tests.loyalty.conftest import Purchase

from shared.events.loyalty import (
    PointsPended,
    PointsReleased,
    PointsReturned,
    PointsReversed,
    RedemptionAccepted,
    RedemptionRefused,
)
from shared.kit.testing import Bench


async def _books_balance(loyalty: Bench) -> dict:
    found = (await loyalty.get("/loyalty/trial-balance")).json()
    assert found["total"] == 0
    assert found["members_pending"] == found["pending"]
    assert found["members_available"] == found["available"]
    return found


@pytest.mark.pcf("3.2.6.3")
async def test_points_are_pending_then_available_and_go_with_returned_goods(
    loyalty: Bench, club
) -> None:
    customer, member = await club.member()
    order = Purchase(customer, "60.00", "40.00")

    await loyalty.hear(order.confirmed())
    assert await club.balance(member) == (100, 0, 0)
    await loyalty.hear(order.delivered(line1=2))
    assert await club.balance(member) == (40, 60, 0)
    await loyalty.hear(order.delivered(line2=2))
    assert await club.balance(member) == (0, 100, 0)
    await loyalty.hear(order.returned(line=1, quantity=1))
    assert await club.balance(member) == (0, 70, 0)
    await _books_balance(loyalty)


async def test_whatever_comes_first_the_end_is_the_same(loyalty: Bench, club) -> None:
    ends = set()
    for order_of_events in itertools.permutations(range(4)):
        customer, member = await club.member()
        order = Purchase(customer, "33.33", "66.67", quantity=3)
        events = [
            order.confirmed(),
            order.delivered(line1=3),
            order.delivered(line2=3),
            order.returned(2, 1),
        ]
        for index in order_of_events:
            ids = await loyalty.hear(events[index])
            await loyalty.hear(events[index], ids=ids)
            await loyalty.hear(events[index])
        ends.add(await club.balance(member))

    assert ends == {(0, 78, 0)}
    await _books_balance(loyalty)


async def test_a_cancelled_order_leaves_no_point_behind(loyalty: Bench, club) -> None:
    for first in (0, 1):
        customer, member = await club.member()
        order = Purchase(customer, "60.00")
        events = [order.confirmed(), order.cancelled()]
        await loyalty.hear(events[first])
        await loyalty.hear(events[1 - first])
        assert await club.balance(member) == (0, 0, 0)
    await _books_balance(loyalty)


async def test_two_orders_at_once_never_overdraw(loyalty: Bench, club) -> None:
    """One is paid with points, the other hears how many are left."""
    customer, member = await club.rich(100)
    orders = [Purchase(customer, "50.00", points=80) for _ in range(6)]

    await asyncio.gather(*(loyalty.hear(order.placed()) for order in orders))

    accepted = await loyalty.told(RedemptionAccepted)
    assert len(accepted) == 1
    assert accepted[0].data["value"] == {"amount": "0.80", "currency": "GBP"}
    assert len(await loyalty.told(RedemptionRefused)) == 5
    assert await club.balance(member) == (0, 20, 80)
    assert (await _books_balance(loyalty))["lots_left"] == 20


async def test_spent_points_come_back_with_the_order_or_the_goods(loyalty: Bench, club) -> None:
    customer, member = await club.rich(100)
    one = Purchase(customer, "50.00", points=60)
    await loyalty.hear(one.placed())
    await loyalty.hear(one.returned(points=25))
    assert await club.balance(member) == (0, 65, 35)
    await loyalty.hear(one.cancelled())
    assert await club.balance(member) == (0, 100, 0)
    await _books_balance(loyalty)


async def test_an_order_that_ended_before_it_could_pay_hears_so(loyalty: Bench, club) -> None:
    customer, member = await club.rich(100)
    order = Purchase(customer, "50.00", points=60)

    await loyalty.hear(order.cancelled())
    await loyalty.hear(order.placed())

    assert (await loyalty.told(RedemptionRefused))[0].data["reason"] == "The order has ended."
    assert await club.balance(member) == (0, 100, 0)


async def test_points_taken_back_after_they_were_spent_are_a_debt(loyalty: Bench, club) -> None:
    customer, member = await club.member()
    earlier = Purchase(customer, "100.00")
    await loyalty.hear(earlier.confirmed(), earlier.delivered())
    await loyalty.hear(Purchase(customer, "50.00", points=100).placed())
    await loyalty.hear(earlier.returned(quantity=2))
    assert await club.balance(member) == (0, -100, 100)

    later = Purchase(customer, "150.00")
    await loyalty.hear(later.confirmed(), later.delivered())

    assert await club.balance(member) == (0, 50, 100)
    assert (await _books_balance(loyalty))["lots_left"] == 50


async def test_who_is_no_member_earns_and_pays_nothing(loyalty: Bench, club) -> None:
    customer = await club.customer()
    order = Purchase(customer, "50.00", points=10)

    await loyalty.hear(order.placed(), order.confirmed(), order.delivered())

    assert await loyalty.count("ledger_entries") == 0
    reason = (await loyalty.told(RedemptionRefused))[0].data["reason"]
    assert reason == "The customer is no member of a programme in GBP."


async def test_who_joins_later_does_not_earn_for_what_was(loyalty: Bench, club) -> None:
    customer = await club.customer()
    order = Purchase(customer, "50.00")
    await loyalty.hear(order.confirmed())

    _, member = await club.member(customer)
    await loyalty.hear(order.confirmed(), order.delivered())

    assert await club.balance(member) == (0, 0, 0)


@pytest.mark.pcf("3.2.6.4")
async def test_the_ledger_of_a_member_says_where_each_point_went(loyalty: Bench, club) -> None:
    customer, member = await club.rich(100)
    await club.rich(7)
    order = Purchase(customer, "50.00", points=60)
    await loyalty.hear(order.placed(), order.cancelled())

    entries = (await loyalty.get(f"{member}/entries", sort="id")).json()["items"]

    assert [(e["kind"], e["debit"], e["credit"], e["points"]) for e in entries] == [
        ("earn", "issued", "pending", 100),
        ("release", "pending", "available", 100),
        ("redeem", "available", "spent", 60),
        ("give_back", "spent", "available", 60),
    ]
    redeemed = (await loyalty.get("/loyalty/entries", kind="redeem")).json()["items"]
    assert [e["order_id"] for e in redeemed] == [str(order.id)]
    nobody = await loyalty.get("/loyalty/members/01900000-0000-7000-8000-000000000000/entries")
    assert nobody.status_code == 404


async def test_each_movement_is_told_under_its_member(loyalty: Bench, club) -> None:
    customer, member = await club.member()
    order = Purchase(customer, "100.00")
    await loyalty.hear(order.confirmed(), order.delivered(), order.returned())

    told = [
        (one.data["points"], one.sequence, one.key)
        for kind in (PointsPended, PointsReleased, PointsReversed)
        for one in await loyalty.told(kind)
    ]
    number = member.rpartition("/")[2]
    assert told == [(100, 2, number), (100, 3, number), (50, 4, number)]


async def test_points_come_back_to_the_member_who_spent_them(loyalty: Bench, club) -> None:
    """Between placing and confirming, the customer changed to another programme."""
    customer, former = await club.rich(100)
    order = Purchase(customer, "50.00", points=60)
    await loyalty.hear(order.placed())
    await club.close()
    await club.open(name="Better Company")
    _, present = await club.member(customer)

    await loyalty.hear(order.confirmed())
    assert (await club.balance(former), await club.balance(present)) == ((0, 40, 60), (50, 0, 0))
    await loyalty.hear(order.cancelled())

    assert (await club.balance(former), await club.balance(present)) == ((0, 100, 0), (0, 0, 0))
    assert [one.data["points"] for one in await loyalty.told(PointsReturned)] == [60]


async def test_a_generous_programme_counts_beyond_two_billion(loyalty: Bench, club) -> None:
    await club.close()
    await club.open(points_per_unit="1000")
    _, member = await club.rich(3_000_000)

    assert await club.balance(member) == (0, 3_000_000_000, 0)
