"""Any interleaving of two orders' events keeps the books, and what is undone leaves nothing."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from tests.loyalty.conftest import Club, Purchase

from loyalty.enrol_members.tables import Member
from loyalty.keep_points.rules import Account
from loyalty.keep_points.tables import LedgerEntry, Lot, Redemption
from shared.events.contract import Event
from shared.kit.testing import Bench

FIRST, SECOND = 0, 1
LINES, QUANTITY = 2, 3
ASKED = 40

PAID = [
    ("confirm", FIRST, 0, 0),
    *(("deliver", FIRST, line, QUANTITY) for line in range(1, LINES + 1)),
    ("place", SECOND, 0, 0),
]
"""After this the second order is paid with the first one's points: what follows can make a debt."""

ACTS = st.one_of(
    st.tuples(st.just("place"), st.just(SECOND), st.just(0), st.just(0)),
    st.tuples(st.just("confirm"), st.sampled_from([FIRST, SECOND]), st.just(0), st.just(0)),
    st.tuples(
        st.sampled_from(["deliver", "return"]),
        st.sampled_from([FIRST, SECOND]),
        st.integers(1, LINES),
        st.integers(1, QUANTITY),
    ),
    st.tuples(st.just("repeat"), st.just(0), st.integers(0, 30), st.just(0)),
)


@dataclass
class Story:
    """A member with two orders, of which the second wants to pay with points."""

    loyalty: Bench
    orders: tuple[Purchase, Purchase]
    member: str
    told: list[Event] = field(default_factory=list)
    moved: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    paid_back: int = 0

    async def act(self, kind: str, which: int, line: int, quantity: int) -> None:
        event = self._event(kind, which, line, quantity)
        if event is not None:
            self.told.append(event)
            await self.loyalty.hear(event)

    def _event(self, kind: str, which: int, line: int, quantity: int) -> Event | None:
        order = self.orders[which]
        if kind == "place":
            return order.placed()
        if kind == "confirm":
            return order.confirmed()
        if kind == "repeat":
            return self.told[line % len(self.told)] if self.told else None
        count = min(quantity, QUANTITY - self.moved[kind, which, line])
        if count <= 0:
            return None
        self.moved[kind, which, line] += count
        if kind == "deliver":
            return order.delivered(**{f"line{line}": count})
        back = 25 if which == SECOND else 0  # in the end more than was paid: only that comes back
        self.paid_back += back
        return order.returned(line, count, back)

    async def books_hold(self) -> dict[str, int]:
        """The member's balances are the sums of entries, and lots hold what can be spent."""
        async with self.loyalty.running.sessions() as session:
            member = await session.get(Member, self.member)
            assert member is not None
            sums = dict.fromkeys(Account, 0)
            for side, sign in ((LedgerEntry.credit, 1), (LedgerEntry.debit, -1)):
                chosen = select(side, func.sum(LedgerEntry.points)).group_by(side)
                mine = chosen.where(LedgerEntry.member_id == member.id)
                for account, points in await session.execute(mine):
                    sums[account] += sign * int(points)
            left = await session.scalar(
                select(func.sum(Lot.left)).where(Lot.member_id == member.id)
            )
        assert sum(sums.values()) == 0
        balances = {"pending": member.pending, "available": member.available, "spent": member.spent}
        assert balances == {name: sums[Account(name)] for name in balances}
        assert int(left or 0) == max(0, member.available)
        return balances

    async def accepted(self) -> int:
        async with self.loyalty.running.sessions() as session:
            mine = select(Redemption).where(Redemption.order_id == self.orders[SECOND].id)
            redemption = await session.scalar(mine)
        return redemption.points if redemption else 0


async def _begin(loyalty: Bench, club: Club) -> Story:
    customer, path = await club.member()
    orders = (
        Purchase(customer, "33.33", "66.67", quantity=QUANTITY),
        Purchase(customer, "10.01", "49.99", quantity=QUANTITY, points=ASKED),
    )
    return Story(loyalty, orders, path.rpartition("/")[2])


@given(
    st.sampled_from([[], PAID]),
    st.lists(ACTS, max_size=12),
    st.sampled_from(["cancel", "return"]),
)
@settings(
    max_examples=30,
    deadline=None,
    # One club for all examples: each enrols a member of its own.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_happens_the_books_hold_and_undoing_all_leaves_nothing(
    loyalty: Bench,
    club: Club,
    before: list[tuple[str, int, int, int]],
    acts: list[tuple[str, int, int, int]],
    end: str,
) -> None:
    story = await _begin(loyalty, club)
    for act in [*before, *acts]:
        await story.act(*act)
        await story.books_hold()

    for which in (FIRST, SECOND):
        if end == "cancel":
            await loyalty.hear(story.orders[which].cancelled())
        else:
            for line in range(1, LINES + 1):
                await story.act("return", which, line, QUANTITY)
    if end == "return":
        rest = max(0, await story.accepted() - story.paid_back)
        await loyalty.hear(story.orders[SECOND].returned(1, 1, rest))

    assert await story.books_hold() == {"pending": 0, "available": 0, "spent": 0}
