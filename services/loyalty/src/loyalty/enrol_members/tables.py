"""Members with their balances, and how to find them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Select, Sequence, select
from sqlalchemy.orm import Mapped, mapped_column

from loyalty.define_programs.tables import Program
from loyalty.enrol_members.rules import IsMember
from loyalty.table import Table
from shared.kit.database import Versioned, means

MEMBER = "member"
"""The kind of our external ids."""

MEMBER_NUMBERS = Sequence("member_numbers", metadata=Table.metadata)


class Member(Versioned, Table, kw_only=True):
    """A customer in a programme. Their row is the lock of their ledger.

    `available` is below zero only when points were taken back that had been spent: a debt, which
    the next points pay.
    """

    __tablename__ = "members"
    __table_args__ = (
        CheckConstraint("pending >= 0 and spent >= 0", name="balances"),
        Index("uq_members_customer_id_program_id", "customer_id", "program_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID]
    program_id: Mapped[UUID] = mapped_column(ForeignKey("programs.id"), index=True)
    source: Mapped[str]
    consent: Mapped[dict[str, Any]]
    enrolled_at: Mapped[datetime] = mapped_column(index=True)
    external_ids: Mapped[dict[str, str]] = mapped_column(default_factory=dict)
    pending: Mapped[int] = mapped_column(BigInteger, default=0)
    available: Mapped[int] = mapped_column(BigInteger, default=0)
    spent: Mapped[int] = mapped_column(BigInteger, default=0)


means("uq_members_customer_id_program_id", IsMember)


def membership(customer_id: UUID, program_id: UUID) -> Select[Member]:
    return select(Member).where(Member.customer_id == customer_id, Member.program_id == program_id)


def member_in(customer_id: UUID, currency: str) -> Select[Member]:
    """The customer's membership in the programme of a currency, locked, whatever its state."""
    return (
        select(Member)
        .execution_options(populate_existing=True)
        .join(Program, Program.id == Member.program_id)
        .where(Member.customer_id == customer_id, Program.currency == currency)
        .order_by(Program.state, Member.enrolled_at.desc())
        .limit(1)
        .with_for_update(of=Member)
    )
