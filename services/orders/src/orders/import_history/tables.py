"""Imports, the lines they brought, and the rows they refused."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, Select, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from orders.import_history.rules import LineKind
from orders.table import Table
from shared.kit.database import Versioned


class HistoryImport(Versioned, Table, kw_only=True):
    """A file of past orders. The same content is taken in once."""

    __tablename__ = "history_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True, repr=False)
    file_name: Mapped[str]
    bytes_count: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    zone: Mapped[str]
    job_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(index=True)


class HistoryPiece(Table, kw_only=True):
    """A piece of an uploaded file, until its import has ended."""

    __tablename__ = "history_pieces"

    upload_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, repr=False)


class SalesLine(Table, kw_only=True):
    """A line of a past order."""

    __tablename__ = "sales_lines"
    __table_args__ = (Index("uq_sales_lines_import_id_row", "import_id", "row", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("history_imports.id"))
    row: Mapped[int]
    invoice: Mapped[str] = mapped_column(index=True)
    sku: Mapped[str] = mapped_column(index=True)
    goods: Mapped[bool]
    description: Mapped[str]
    kind: Mapped[LineKind]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    net: Mapped[Decimal]
    customer: Mapped[str | None] = mapped_column(index=True)
    country: Mapped[str]
    sold_at: Mapped[datetime] = mapped_column(index=True)


class RefusedRow(Table, kw_only=True):
    """A row that is no order line, as it was, and why."""

    __tablename__ = "refused_rows"
    __table_args__ = (Index("uq_refused_rows_import_id_row", "import_id", "row", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("history_imports.id"))
    row: Mapped[int]
    code: Mapped[str] = mapped_column(index=True)
    detail: Mapped[str]
    content: Mapped[str] = mapped_column(Text)


def pieces_of(upload_id: UUID, position: int) -> Select[bytes]:
    return select(HistoryPiece.content).where(
        HistoryPiece.upload_id == upload_id, HistoryPiece.position == position
    )
