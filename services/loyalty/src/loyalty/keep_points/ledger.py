"""Booking: the one place where points move. The member's row is locked by the caller."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from loyalty.enrol_members.tables import Member
from loyalty.keep_points.rules import Account, EntryKind, Move, consumed
from loyalty.keep_points.tables import LedgerEntry, Lot, open_lots
from shared.kit.database import new_id


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the points of a booking come from."""

    order_id: UUID
    line: int | None = None


async def book(
    session: AsyncSession, member: Member, move: Move, origin: Origin, now: datetime
) -> None:
    """One entry, the balances it changes, and the lots behind the available balance.

    Lots always hold what can be spent: the sum of what is left of them is the available balance,
    or nothing while that is a debt.
    """
    session.add(
        LedgerEntry(
            member_id=member.id,
            kind=move.kind,
            debit=move.debit,
            credit=move.credit,
            points=move.points,
            at=now,
            order_id=origin.order_id,
            line=origin.line,
        )
    )
    before = member.available
    for account, points in ((move.debit, -move.points), (move.credit, move.points)):
        if account is not Account.ISSUED:
            setattr(member, account, getattr(member, account) + points)
    if move.credit is Account.AVAILABLE:
        pays_debt = min(move.points, max(0, -before))
        session.add(
            Lot(
                id=new_id(),
                member_id=member.id,
                points=move.points,
                left=move.points - pays_debt,
                earned_at=now,
                order_id=origin.order_id,
                line=origin.line,
            )
        )
    elif move.debit is Account.AVAILABLE:
        await _take_from_lots(session, member, move, origin)
    await session.flush()


async def _take_from_lots(
    session: AsyncSession, member: Member, move: Move, origin: Origin
) -> None:
    """Spent points leave the oldest lots; points taken back leave their own lot first."""
    lots = list(await session.scalars(open_lots(member.id)))
    if move.kind is EntryKind.REVERSE:
        lots.sort(key=lambda lot: (lot.order_id, lot.line) != (origin.order_id, origin.line))
    taken = consumed({str(lot.id): lot.left for lot in lots}, move.points)
    for lot in lots:
        lot.left -= taken.get(str(lot.id), 0)
