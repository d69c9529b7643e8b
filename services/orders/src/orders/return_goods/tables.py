"""Returns and their lines."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from orders.table import Table
from shared.kit.database import Versioned


class Return(Versioned, Table, kw_only=True):
    """Goods of one order that came back, and the money that goes back for them."""

    __tablename__ = "returns"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(index=True)
    reason: Mapped[str]
    currency: Mapped[str]
    refund: Mapped[Decimal]
    points_refund: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(index=True)
    lines: Mapped[list["ReturnLine"]] = relationship(
        lazy="selectin", repr=False, order_by="ReturnLine.line"
    )


class ReturnLine(Table, kw_only=True):
    __tablename__ = "return_lines"

    return_id: Mapped[UUID] = mapped_column(ForeignKey("returns.id"), primary_key=True, init=False)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    quantity: Mapped[int]
    net: Mapped[Decimal]
