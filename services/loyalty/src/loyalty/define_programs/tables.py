"""Programmes, of which one is active in a currency."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, select, text
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.define_programs.rules import CurrencyHasProgram, ProgramState
from loyalty.table import Table
from shared.kit.database import Versioned, means


class Program(Versioned, Table, kw_only=True):
    """`points_per_unit` are earned for each unit of money; `point_value` is what one pays."""

    __tablename__ = "programs"
    __table_args__ = (
        CheckConstraint("points_per_unit > 0 and point_value > 0", name="rates"),
        Index(
            "uq_programs_active_currency",
            "currency",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    currency: Mapped[str]
    points_per_unit: Mapped[Decimal]
    point_value: Mapped[Decimal]
    created_at: Mapped[datetime] = mapped_column(index=True)
    state: Mapped[ProgramState] = mapped_column(default=ProgramState.DRAFT)


means("uq_programs_active_currency", CurrencyHasProgram)


def active_program(currency: str) -> Select[Program]:
    return select(Program).where(Program.currency == currency, Program.state == ProgramState.ACTIVE)
