"""Promotions and their uses."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    ScalarSelect,
    Select,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
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
        CheckConstraint("per_customer_limit >= 1", name="per_customer_limit"),
        CheckConstraint("code = upper(code)", name="code_is_upper_case"),
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
    per_customer_limit: Mapped[int | None] = mapped_column(default=None)


means("uq_promotions_code", CodeIsTaken)


class PromotionUse(Versioned, Table, kw_only=True):
    """An order's use of a promotion, with each line's part of the discount.

    No foreign key: an order may name a promotion that does not exist, and is refused its use.
    """

    __tablename__ = "promotion_uses"
    __table_args__ = (
        CheckConstraint("released >= 0 and released <= discount", name="released"),
        Index("uq_promotion_uses_order_id_promotion_id", "order_id", "promotion_id", unique=True),
        Index("ix_promotion_uses_customer_id_promotion_id", "customer_id", "promotion_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    promotion_id: Mapped[UUID] = mapped_column(index=True)
    order_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    currency: Mapped[str]
    discount: Mapped[Decimal]
    state: Mapped[UseState]
    lines: Mapped[list[dict[str, Any]]] = mapped_column(repr=False)
    created_at: Mapped[datetime] = mapped_column(index=True)
    released: Mapped[Decimal] = mapped_column(default=Decimal())
    reason: Mapped[str | None] = mapped_column(default=None)


class OrderFacts(Table, kw_only=True):
    """What is known of an order, whatever came first. Its row is the lock of its uses."""

    __tablename__ = "order_facts"

    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended: Mapped[bool] = mapped_column(default=False)


class GoodsBack(Table, kw_only=True):
    """A return, noted once, also before its order's use was heard of: line → quantity."""

    __tablename__ = "goods_back"

    return_id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(index=True)
    lines: Mapped[dict[str, Any]]


async def facts_of(session: AsyncSession, order_id: UUID) -> OrderFacts:
    """The order's facts, locked until commit; made when there are none.

    A use, its end and its returns come over different topics, so at once too: they queue here.
    """
    empty = insert(OrderFacts).values(order_id=order_id, ended=False)
    await session.execute(empty.on_conflict_do_nothing())
    held = select(OrderFacts).where(OrderFacts.order_id == order_id).with_for_update()
    return (await session.scalars(held)).one()


async def promotion_held(session: AsyncSession, promotion_id: UUID) -> Promotion | None:
    """As it is now, locked until commit."""
    return await session.get(Promotion, promotion_id, with_for_update=True, populate_existing=True)


async def commit_use(session: AsyncSession, use: PromotionUse, now: datetime) -> bool:
    """Counts the use against the budget, if it may: checked and taken in one statement.

    The promotion is held by the caller, so that the customer's other uses can be seen.
    """
    row = Promotion
    taken = (
        update(row)
        .where(
            row.id == use.promotion_id,
            row.currency == use.currency,
            row.state == PromotionState.ACTIVE,
            row.valid_from <= now,
            or_(row.valid_to.is_(None), row.valid_to > now),
            row.committed + use.discount <= row.budget,
            or_(
                row.per_customer_limit.is_(None),
                uses_by(use.promotion_id, use.customer_id) < row.per_customer_limit,
            ),
        )
        .values(committed=row.committed + use.discount)
        .returning(row.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(taken) is not None


async def release_amount(session: AsyncSession, promotion_id: UUID, amount: Decimal) -> None:
    """Gives so much back to the budget."""
    given = update(Promotion).where(Promotion.id == promotion_id)
    await session.execute(
        given.values(committed=Promotion.committed - amount),
        execution_options={"synchronize_session": False},
    )


def uses_by(promotion_id: UUID, customer_id: UUID) -> ScalarSelect[int]:
    """How many of a customer's orders use a promotion. A use given back whole does not count."""
    return (
        select(func.count())
        .where(
            PromotionUse.promotion_id == promotion_id,
            PromotionUse.customer_id == customer_id,
            PromotionUse.state == UseState.COMMITTED,
        )
        .scalar_subquery()
    )


def promotion_with(code: str) -> Select[Promotion]:
    return select(Promotion).where(Promotion.code == code.upper())


def uses_of(order_id: UUID) -> Select[PromotionUse]:
    """In the order in which promotions are taken. The order's facts are their lock."""
    chosen = select(PromotionUse).where(PromotionUse.order_id == order_id)
    return chosen.order_by(PromotionUse.promotion_id).execution_options(populate_existing=True)


def goods_back_of(order_id: UUID) -> Select[GoodsBack]:
    return select(GoodsBack).where(GoodsBack.order_id == order_id).order_by(GoodsBack.return_id)
