"""Keep points: note what happened to an order, then book the difference to what should be."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from loyalty.define_programs.rules import ProgramState
from loyalty.define_programs.tables import Program
from loyalty.enrol_members.tables import Member, member_in
from loyalty.keep_points.ledger import Origin, book
from loyalty.keep_points.rules import (
    Account,
    EntryKind,
    LineFacts,
    Move,
    Payment,
    RedemptionState,
    Standing,
    moves,
    payment,
    points_of,
    standing,
)
from loyalty.keep_points.tables import (
    EarningLine,
    OrderFacts,
    Redemption,
    earning_lines,
    facts_held,
    redemption_of,
)
from shared.events.loyalty import (
    PointsPended,
    PointsReleased,
    PointsReturned,
    PointsReversed,
    RedemptionAccepted,
    RedemptionRefused,
)
from shared.events.orders import (
    OrderCancelled,
    OrderConfirmed,
    OrderDelivered,
    OrderPlaced,
    ReturnReceived,
)
from shared.events.parts import MovedLine
from shared.kit.database import new_id
from shared.kit.work import Work
from shared.values import Money


async def _facts_of(work: Work, order_id: UUID) -> OrderFacts:
    """The order's facts, locked; made when there are none."""
    empty = {
        "order_id": order_id, "confirmed": False, "cancelled": False, "points_back": 0,
        "delivered": {}, "returned": {}, "seen": [],
    }  # fmt: skip
    await work.session.execute(insert(OrderFacts).values(empty).on_conflict_do_nothing())
    return (await work.session.scalars(facts_held(order_id))).one()


async def earn(work: Work, confirmed: OrderConfirmed) -> None:
    """A member's confirmed order earns, pending; whoever joins later does not earn for it."""
    facts = await _facts_of(work, confirmed.order_id)
    if facts.confirmed:
        return
    facts.confirmed = True
    member = await work.session.scalar(member_in(confirmed.customer_id, confirmed.currency))
    if member is None:
        return
    program = await work.get(Program, member.program_id)
    if program.state is not ProgramState.ACTIVE:
        return
    facts.member_id = member.id
    points = points_of([line.net for line in confirmed.lines], program.points_per_unit)
    for line, earned in zip(confirmed.lines, points, strict=True):
        work.add(
            EarningLine(
                order_id=confirmed.order_id,
                line=line.line,
                quantity=line.quantity,
                points=earned,
            )
        )
    await work.session.flush()
    await _settle(work, facts, member, "The order was confirmed.")


async def note_delivery(work: Work, delivered: OrderDelivered) -> None:
    facts = await _facts_of(work, delivered.order_id)
    if _is_new(facts, f"shipment {delivered.shipment_id}"):
        facts.delivered = _more(facts.delivered, delivered.lines)
        await _settle_for_member(work, facts, "The goods were delivered.")


async def note_return(work: Work, returned: ReturnReceived) -> None:
    facts = await _facts_of(work, returned.order_id)
    if _is_new(facts, f"return {returned.return_id}"):
        facts.returned = _more(facts.returned, returned.lines)
        facts.points_back += returned.points_refund
        await _settle_for_member(work, facts, "Goods were returned.")


async def note_cancellation(work: Work, cancelled: OrderCancelled) -> None:
    facts = await _facts_of(work, cancelled.order_id)
    if not facts.cancelled:
        facts.cancelled = True
        await _settle_for_member(work, facts, "The order was cancelled.")


def _is_new(facts: OrderFacts, name: str) -> bool:
    if name in facts.seen:
        return False
    facts.seen = [*facts.seen, name]
    return True


def _more(known: Mapping[str, Any], lines: Iterable[MovedLine]) -> dict[str, Any]:
    found = dict(known)
    for line in lines:
        found[str(line.line)] = int(found.get(str(line.line), 0)) + line.quantity
    return found


async def _settle_for_member(work: Work, facts: OrderFacts, reason: str) -> None:
    """Who earned and who paid may be two members of one customer, in a closed and a new programme."""
    if facts.member_id is not None:
        await _settle(work, facts, await work.edit(Member, facts.member_id), reason)
    redemption = await work.session.scalar(redemption_of(facts.order_id))
    if redemption is not None and redemption.member_id is not None:
        payer = await work.edit(Member, redemption.member_id)
        await _give_back(work, facts, redemption, payer, reason)


async def _settle(work: Work, facts: OrderFacts, member: Member, reason: str) -> None:
    """Books, line by line, the difference between what is and what should be."""
    counts = facts.confirmed and not facts.cancelled
    told: dict[EntryKind, int] = {}
    for line in await work.session.scalars(earning_lines(facts.order_id)):
        known = LineFacts(
            quantity=line.quantity,
            points=line.points,
            delivered=int(facts.delivered.get(str(line.line), 0)),
            returned=int(facts.returned.get(str(line.line), 0)),
        )
        after = standing(known, counts=counts)
        for move in moves(Standing(line.pending, line.available), after):
            origin = Origin(facts.order_id, line.line)
            await book(work.session, member, move, origin, work.now)
            told[move.kind] = told.get(move.kind, 0) + move.points
        line.pending, line.available = after.pending, after.available
    _tell(work, member, facts.order_id, told, reason)


def _tell(
    work: Work, member: Member, order_id: UUID, told: Mapping[EntryKind, int], reason: str
) -> None:
    if points := told.get(EntryKind.EARN):
        pended = PointsPended(member_id=member.id, order_id=order_id, points=points)
        work.emit(pended, of=member)
    if points := told.get(EntryKind.RELEASE):
        released = PointsReleased(member_id=member.id, order_id=order_id, points=points)
        work.emit(released, of=member)
    if points := told.get(EntryKind.REVERSE):
        reversed_ = PointsReversed(
            member_id=member.id, order_id=order_id, points=points, reason=reason
        )
        work.emit(reversed_, of=member)


async def redeem(work: Work, placed: OrderPlaced) -> None:
    """Points pay for a part of the order, or the order hears why not. Once each."""
    if not placed.points:
        return
    facts = await _facts_of(work, placed.order_id)
    if await work.session.scalar(redemption_of(placed.order_id)) is not None:
        return
    member = await work.session.scalar(member_in(placed.customer_id, placed.currency))
    paid = await _payment(work, placed, facts, member)
    redemption = Redemption(
        id=new_id(),
        order_id=placed.order_id,
        customer_id=placed.customer_id,
        state=RedemptionState.REFUSED if paid.refusal else RedemptionState.ACCEPTED,
        points=paid.points,
        value=paid.value,
        currency=placed.currency,
        created_at=work.now,
        member_id=member.id if member else None,
        reason=paid.refusal,
    )
    work.add(redemption)
    if paid.refusal is not None or member is None:
        work.emit(
            RedemptionRefused(
                redemption_id=redemption.id,
                order_id=placed.order_id,
                points=placed.points,
                reason=paid.refusal or "",
            ),
            of=redemption,
        )
        return
    move = Move(EntryKind.REDEEM, Account.AVAILABLE, Account.SPENT, paid.points)
    await book(work.session, member, move, Origin(placed.order_id), work.now)
    work.emit(
        RedemptionAccepted(
            redemption_id=redemption.id,
            order_id=placed.order_id,
            member_id=member.id,
            points=paid.points,
            value=Money.of(paid.value, placed.currency),
        ),
        of=redemption,
    )
    await _give_back(work, facts, redemption, member, "Goods were returned.")


async def _payment(
    work: Work, placed: OrderPlaced, facts: OrderFacts, member: Member | None
) -> Payment:
    if member is None:
        reason = f"The customer is no member of a programme in {placed.currency}."
        return Payment(0, Decimal(), reason)
    if facts.cancelled:
        return Payment(0, Decimal(), "The order has ended.")
    if placed.net.amount <= 0:
        return Payment(0, Decimal(), "The order costs nothing.")
    program = await work.get(Program, member.program_id)
    return payment(
        placed.points, member.available, placed.net.amount, program.point_value, placed.currency
    )


async def _give_back(
    work: Work, facts: OrderFacts, redemption: Redemption, member: Member, reason: str
) -> None:
    """Points that had paid come back: all when the order ended, else those of returned goods."""
    if redemption.state is not RedemptionState.ACCEPTED:
        return
    due = redemption.points if facts.cancelled else min(facts.points_back, redemption.points)
    points = due - redemption.returned
    if points <= 0:
        return
    redemption.returned = due
    move = Move(EntryKind.GIVE_BACK, Account.SPENT, Account.AVAILABLE, points)
    await book(work.session, member, move, Origin(facts.order_id), work.now)
    told = PointsReturned(
        member_id=member.id, order_id=facts.order_id, points=points, reason=reason
    )
    work.emit(told, of=member)
