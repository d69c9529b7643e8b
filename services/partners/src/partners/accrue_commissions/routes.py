"""HTTP doors of commissions."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import select

from partners.accrue_commissions.schemas import (
    CommissionDetail,
    CommissionLineView,
    CommissionView,
    StatementTotal,
    StatementView,
)
from partners.accrue_commissions.tables import Commission, lines_of
from partners.keep_partners.tables import Partner
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading
from shared.values import Money

router = Doors("partners", tag="Accrue commissions")

COMMISSIONS = Listing(
    Commission,
    filters={"partner_id": UUID, "order_id": UUID, "deal_id": UUID},
    ranges={"accrued_at": datetime},
    sorts=("accrued_at",),
    default="-accrued_at",
)


@router.get("/commissions", openapi_extra=serves("3.5.5.3"))
async def list_commissions(
    work: Reading, asked: Annotated[Asked, Depends(COMMISSIONS)]
) -> Page[CommissionView]:
    """Commissions, newest first."""
    async with work:
        page = await COMMISSIONS.page(work, asked, CommissionView, shown=CommissionView.of)
        return work.answer(page)


@router.get("/commissions/{commission_id}", openapi_extra=serves("3.5.5.3"))
async def read_commission(commission_id: UUID, work: Reading) -> CommissionDetail:
    """A commission and each line's part."""
    async with work:
        known = await work.get(Commission, commission_id)
        lines = [
            CommissionLineView(
                line=line.line,
                quantity=line.quantity,
                base=Money.of(line.base, known.currency),
                commission=Money.of(line.commission, known.currency),
            )
            for line in await work.session.scalars(lines_of(known.id))
        ]
        return work.answer(CommissionDetail.whole(known, lines))


@router.get("/partners/{partner_id}/statement", openapi_extra=serves("3.5.5.3"))
async def read_statement(
    partner_id: UUID,
    work: Reading,
    from_on: Annotated[date | None, Query(description="first day")] = None,
    to_on: Annotated[date | None, Query(description="last day")] = None,
) -> StatementView:
    """What a partner earned in a period."""
    async with work:
        await work.get(Partner, partner_id)
        chosen = select(Commission).where(Commission.partner_id == partner_id)
        if from_on is not None:
            chosen = chosen.where(Commission.accrued_at >= datetime.combine(from_on, time(), UTC))
        if to_on is not None:
            end = datetime.combine(to_on, time(), UTC) + timedelta(days=1)
            chosen = chosen.where(Commission.accrued_at < end)
        found = list(await work.session.scalars(chosen.order_by(Commission.accrued_at)))
        return work.answer(
            StatementView(
                partner_id=partner_id,
                totals=_totals(found),
                commissions=[CommissionView.of(one) for one in found],
            )
        )


def _totals(found: list[Commission]) -> list[StatementTotal]:
    by_currency: dict[str, list[Commission]] = defaultdict(list)
    for one in found:
        by_currency[one.currency].append(one)
    return [
        StatementTotal(
            accrued=Money.of(sum((one.commission for one in some), Decimal()), currency),
            adjusted=Money.of(sum((one.net - one.commission for one in some), Decimal()), currency),
            net=Money.of(sum((one.net for one in some), Decimal()), currency),
            orders=len(some),
        )
        for currency, some in sorted(by_currency.items())
    ]
