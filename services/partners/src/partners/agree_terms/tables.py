"""Agreements, and the territories they hold while they are active."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Select, Sequence, or_, select, text
from sqlalchemy.dialects.postgresql import INT4RANGE, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from partners.agree_terms.rules import AgreementState, PartnerHasTerms, TerritoryIsTaken
from partners.table import Table
from shared.kit.database import Versioned, means

CLAIMS = Sequence("agreement_claims", metadata=Table.metadata)


class Agreement(Versioned, Table, kw_only=True):
    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint("commission_percent > 0 and commission_percent <= 100", name="percent"),
        CheckConstraint("valid_to is null or valid_to > valid_from", name="ends_after_it_begins"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partners.id"), index=True)
    commission_percent: Mapped[Decimal]
    territories: Mapped[list[str]]
    exclusive: Mapped[bool]
    valid_from: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(index=True)
    valid_to: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[AgreementState] = mapped_column(default=AgreementState.DRAFT, index=True)
    signed_by: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)


class HeldTerritory(Table, kw_only=True):
    """A territory of an active agreement, for as long as it holds.

    `claim` makes exclusivity a constraint: an exclusive agreement claims every number, any other a
    number of its own, so that two claims meet exactly where one of them is exclusive. The second
    constraint keeps one partner from two terms at once.
    """

    __tablename__ = "held_territories"
    __table_args__ = (
        ExcludeConstraint(
            ("country", "="),
            ("during", "&&"),
            ("claim", "&&"),
            name="exclusive_territories",
            using="gist",
        ),
        ExcludeConstraint(
            ("country", "="),
            ("during", "&&"),
            (text("(partner_id::text)"), "="),
            name="one_agreement_of_a_partner",
            using="gist",
        ),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    claim: Mapped[Range[int]] = mapped_column(INT4RANGE)


means("exclusive_territories", TerritoryIsTaken)
means("one_agreement_of_a_partner", PartnerHasTerms)


def standing_against(agreement: Agreement) -> Select[HeldTerritory]:
    """The territories held that this agreement cannot be in force beside."""
    row = HeldTerritory
    chosen = select(row).where(
        row.country.in_(agreement.territories),
        row.during.overlaps(Range(agreement.valid_from, agreement.valid_to)),
    )
    if not agreement.exclusive:
        unbounded: Range[int] = Range(None, None)
        mine = row.partner_id == agreement.partner_id
        chosen = chosen.where(or_(mine, row.claim == unbounded))
    return chosen.order_by(row.country, row.agreement_id)


def agreement_in_force(partner_id: UUID, country: str, at: datetime) -> Select[Agreement]:
    """The partner's active agreement for a country at that time."""
    return (
        select(Agreement)
        .join(HeldTerritory, HeldTerritory.agreement_id == Agreement.id)
        .where(
            Agreement.partner_id == partner_id,
            Agreement.state == AgreementState.ACTIVE,
            HeldTerritory.country == country,
            HeldTerritory.during.contains(at),
        )
    )
