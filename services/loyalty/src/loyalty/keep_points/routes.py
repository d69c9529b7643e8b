"""HTTP doors of points."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import func, select

from loyalty.enrol_members.tables import Member
from loyalty.keep_points.rules import Account, EntryKind, RedemptionState
from loyalty.keep_points.schemas import EntryView, RedemptionView, TrialBalanceView
from loyalty.keep_points.tables import LedgerEntry, Lot, Redemption
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading

router = Doors("loyalty", tag="Keep points")

ENTRIES = Listing(
    LedgerEntry,
    filters={"member_id": UUID, "order_id": UUID, "kind": EntryKind},
    ranges={"at": datetime},
    sorts=("id",),
    default="-id",
)
MEMBER_ENTRIES = Listing(
    LedgerEntry,
    filters={"order_id": UUID, "kind": EntryKind},
    ranges={"at": datetime},
    sorts=("id",),
    default="-id",
)
REDEMPTIONS = Listing(
    Redemption,
    filters={"order_id": UUID, "member_id": UUID, "state": RedemptionState},
    sorts=("created_at",),
    default="-created_at",
)


@router.get("/entries", openapi_extra=serves("3.2.6.3"))
async def list_entries(work: Reading, asked: Annotated[Asked, Depends(ENTRIES)]) -> Page[EntryView]:
    """The ledger, newest first."""
    async with work:
        return work.answer(await ENTRIES.page(work, asked, EntryView))


@router.get("/members/{member_id}/entries", openapi_extra=serves("3.2.6.3", "3.2.6.4"))
async def list_member_entries(
    member_id: UUID, work: Reading, asked: Annotated[Asked, Depends(MEMBER_ENTRIES)]
) -> Page[EntryView]:
    """The ledger of a member, newest first."""
    async with work:
        member = await work.get(Member, member_id)
        page = await MEMBER_ENTRIES.page(
            work,
            asked,
            EntryView,
            narrowed=lambda chosen: chosen.where(LedgerEntry.member_id == member.id),
        )
        return work.answer(page)


@router.get("/redemptions", openapi_extra=serves("3.2.6.3"))
async def list_redemptions(
    work: Reading, asked: Annotated[Asked, Depends(REDEMPTIONS)]
) -> Page[RedemptionView]:
    """Points that paid for orders, and refusals."""
    async with work:
        page = await REDEMPTIONS.page(work, asked, RedemptionView, shown=RedemptionView.of)
        return work.answer(page)


@router.get("/trial-balance", openapi_extra=serves("3.2.6.3"))
async def read_trial_balance(work: Reading) -> TrialBalanceView:
    """All points of all members, account by account."""
    async with work:
        sums = dict.fromkeys(Account, 0)
        for side, sign in ((LedgerEntry.credit, 1), (LedgerEntry.debit, -1)):
            chosen = select(side, func.sum(LedgerEntry.points)).group_by(side)
            for account, points in await work.session.execute(chosen):
                sums[account] += sign * int(points)
        pending, available = (
            await work.session.execute(select(func.sum(Member.pending), func.sum(Member.available)))
        ).one()
        left = await work.session.scalar(select(func.sum(Lot.left)))
        return work.answer(
            TrialBalanceView(
                issued=sums[Account.ISSUED],
                pending=sums[Account.PENDING],
                available=sums[Account.AVAILABLE],
                spent=sums[Account.SPENT],
                total=sum(sums.values()),
                members_pending=int(pending or 0),
                members_available=int(available or 0),
                lots_left=int(left or 0),
            )
        )
