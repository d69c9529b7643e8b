"""Shipments, and the queue of lines that wait for stock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Select, Text, cast, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from orders.accept_orders.rules import OrderState
from orders.accept_orders.tables import Order, OrderLine
from orders.table import Table


class Shipment(Table, kw_only=True):
    """Goods of one order that left together."""

    __tablename__ = "shipments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    shipped_at: Mapped[datetime] = mapped_column(index=True)
    carrier: Mapped[str | None] = mapped_column(default=None)
    tracking: Mapped[str | None] = mapped_column(default=None)
    delivered_at: Mapped[datetime | None] = mapped_column(default=None)


class ShipmentLine(Table, kw_only=True):
    __tablename__ = "shipment_lines"

    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    quantity: Mapped[int]


def shipped_lines(shipment_id: UUID) -> Select[ShipmentLine]:
    chosen = select(ShipmentLine).where(ShipmentLine.shipment_id == shipment_id)
    return chosen.order_by(ShipmentLine.line)


def waiting_orders(skus: list[str]) -> Select[Order]:
    """Orders with a line that waits, oldest first and locked. Lock the stock before."""
    return (
        select(Order)
        .where(
            Order.state.in_([OrderState.CONFIRMED, OrderState.PARTLY_SHIPPED]),
            Order.id.in_(
                select(OrderLine.order_id).where(OrderLine.sku.in_(skus), OrderLine.waiting > 0)
            ),
        )
        .order_by(Order.placed_at, Order.id)
        .with_for_update()
    )


def waiting_lines(order_ids: list[UUID], skus: list[str]) -> Select[OrderLine]:
    return select(OrderLine).where(
        OrderLine.order_id.in_(order_ids), OrderLine.sku.in_(skus), OrderLine.waiting > 0
    )


class _Read(DeclarativeBase):
    """Base of what is only read: a select under a name."""


class BackOrder(_Read):
    """A line that waits, read together with its order; `place` is its place in the queue."""

    __table__ = (
        select(
            OrderLine.order_id,
            Order.number,
            Order.customer_id,
            OrderLine.line,
            OrderLine.sku,
            OrderLine.waiting,
            Order.placed_at.label("since"),
            (
                cast(OrderLine.order_id, Text) + "/" + func.lpad(cast(OrderLine.line, Text), 6, "0")
            ).label("place"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.waiting > 0,
            Order.state.in_([OrderState.CONFIRMED, OrderState.PARTLY_SHIPPED]),
        )
        .subquery("back_orders")
    )
    __mapper_args__ = {"primary_key": [__table__.c.place]}
