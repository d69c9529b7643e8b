"""Promotions and their uses."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from pricing.run_promotions.rules import CodeIsTaken, PromotionState, UseState
from pricing.table import Table
from shared.kit.database import Versioned, means


class Promotion(Versioned, Table, kw_only=True):
    """A percentage off under a code. `committed` is what its uses took off until now."""

    __tablename__ = "promotions"
    __table_args__ = (
        CheckConstraint("percent > 0 and percent <= 100", name="percent"),
        CheckConstraint("committed >= 0 and committed <= budget", name="within_budget"),
        Index("uq_promotions_code", "code", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    percent: Mapped[Decimal]
    currency: Mapped[str]
    budget: Mapped[Decimal]
    valid_from: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)
    valid_to: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[PromotionState] = mapped_column(default=PromotionState.DRAFT)
    committed: Mapped[Decimal] = mapped_column(default=Decimal())
    reason: Mapped[str | None] = mapped_column(default=None)


means("uq_promotions_code", CodeIsTaken)


class PromotionUse(Versioned, Table, kw_only=True):
    """An order's use of a promotion, with each line's part of the discount."""

    __tablename__ = "promotion_uses"
    __table_args__ = (
        CheckConstraint("released >= 0 and released <= discount", name="released"),
        Index("uq_promotion_uses_order_id_promotion_id", "order_id", "promotion_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    promotion_id: Mapped[UUID] = mapped_column(ForeignKey("promotions.id"), index=True)
    order_id: Mapped[UUID]
    customer_id: Mapped[UUID] = mapped_column(index=True)
    currency: Mapped[str]
    discount: Mapped[Decimal]
    state: Mapped[UseState]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
    released: Mapped[Decimal] = mapped_column(default=Decimal())
    reason: Mapped[str | None] = mapped_column(default=None)


class OrderEnd(Table, kw_only=True):
    """A cancelled order, noted in case its use has not been heard of yet."""

    __tablename__ = "order_ends"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)


class GoodsBack(Table, kw_only=True):
    """A return, noted once, also before its order's use was heard of."""

    __tablename__ = "goods_back"

    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    lines: Mapped[dict[str, Any]]
    applied: Mapped[bool] = mapped_column(default=False)


# The budget is a promise to finance: the row is taken and checked in one statement.
_COMMIT = text("""
update promotions set committed = committed + :discount
where id = :id and currency = :currency and state = 'active'
  and valid_from <= :now and (valid_to is null or valid_to > :now)
  and committed + :discount <= budget
returning id
""")


async def commit_use(
    session: AsyncSession, promotion_id: UUID, discount: Decimal, currency: str, now: datetime
) -> bool:
    """Counts the discount against the budget, if it may."""
    values = {"id": promotion_id, "discount": discount, "currency": currency, "now": now}
    return await session.scalar(_COMMIT, values) is not None


def promotion_with(code: str) -> Select[Promotion]:
    return select(Promotion).where(Promotion.code == code.upper())


def use_of(order_id: UUID) -> Select[PromotionUse]:
    """Locked until commit. An order uses one promotion at most."""
    return select(PromotionUse).where(PromotionUse.order_id == order_id).with_for_update()


def goods_back_of(order_id: UUID) -> Select[GoodsBack]:
    return select(GoodsBack).where(GoodsBack.order_id == order_id, ~GoodsBack.applied)
