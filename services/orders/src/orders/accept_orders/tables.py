"""Orders with their lines, and how to find them."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    Sequence,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orders.accept_orders.rules import Channel, DuplicateOrder, OrderState, QuoteWasOrdered, Step
from orders.table import Table
from shared.kit.database import Versioned, means

NUMBERS = Sequence("order_numbers", metadata=Table.metadata)
"""Order numbers rise and are unique; a refused order may leave a gap."""


class Order(Versioned, Table, kw_only=True):
    """A sales order.

    `net` is the sum of the lines, `points_value` what points pay of it, `due` the rest.
    """

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("due = net - points_value and due >= 0", name="due_is_the_rest"),
        Index(
            "uq_orders_customer_id_po_number",
            "customer_id",
            "po_number",
            unique=True,
            postgresql_where=text("po_number is not null and state <> 'cancelled'"),
        ),
        Index(
            "uq_orders_quote_id",
            "quote_id",
            unique=True,
            postgresql_where=text("quote_id is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    channel: Mapped[Channel]
    currency: Mapped[str]
    net: Mapped[Decimal]
    due: Mapped[Decimal]
    state: Mapped[OrderState] = mapped_column(index=True)
    placed_at: Mapped[datetime] = mapped_column(index=True)
    lines: Mapped[list["OrderLine"]] = relationship(
        lazy="raise", repr=False, order_by="OrderLine.line", passive_deletes=True
    )
    points: Mapped[int] = mapped_column(default=0)
    points_value: Mapped[Decimal] = mapped_column(default=Decimal())
    redemption: Mapped[Step] = mapped_column(default=Step.NONE)
    promotion: Mapped[Step] = mapped_column(default=Step.NONE)
    promotion_id: Mapped[UUID | None] = mapped_column(default=None)
    promotion_code: Mapped[str | None] = mapped_column(default=None)
    promotion_discount: Mapped[Decimal | None] = mapped_column(default=None)
    po_number: Mapped[str | None] = mapped_column(default=None)
    quote_id: Mapped[UUID | None] = mapped_column(default=None)
    opportunity_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class OrderLine(Table, kw_only=True):
    """A line, and how far it is: reserved ← waiting; shipped ≥ delivered ≥ returned."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint(
            "reserved >= 0 and waiting >= 0 and reserved + waiting + shipped <= quantity",
            name="no_more_than_ordered",
        ),
        CheckConstraint("delivered between 0 and shipped", name="delivered_was_shipped"),
        CheckConstraint("returned between 0 and shipped", name="returned_was_shipped"),
        Index("ix_order_lines_waiting", "sku", postgresql_where=text("waiting > 0")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), primary_key=True, init=False)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(index=True)
    goods: Mapped[bool]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    net: Mapped[Decimal]
    reserved: Mapped[int]
    waiting: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0)
    delivered: Mapped[int] = mapped_column(default=0)
    returned: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[Decimal] = mapped_column(default=Decimal())


means("uq_orders_customer_id_po_number", DuplicateOrder)
means("uq_orders_quote_id", QuoteWasOrdered)


def lines_of(order_id: UUID) -> Select[OrderLine]:
    return select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.line)
