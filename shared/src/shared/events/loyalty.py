"""What loyalty tells: members, their points, redemptions."""

from uuid import UUID

from shared.events.contract import Event
from shared.values import Currency, Exact, Money


class ProgramActivated(
    Event, type="loyalty.program.activated.v1", key="program_id", pcf=("3.2.6.1",)
):
    """A programme is in force: orders of its currency earn its points."""

    program_id: UUID
    name: str
    currency: Currency
    points_per_unit: Exact
    point_value: Exact


class ProgramClosed(Event, type="loyalty.program.closed.v1", key="program_id", pcf=("3.2.6.1",)):
    """A programme earns no more points; those earned stay."""

    program_id: UUID
    name: str


class MemberEnrolled(Event, type="loyalty.member.enrolled.v1", key="member_id", pcf=("3.2.6.2",)):
    """A customer joined the programme."""

    member_id: UUID
    customer_id: UUID
    program_id: UUID
    number: str


class PointsPended(
    Event, type="loyalty.member.points-pended.v1", key="member_id", pcf=("3.2.6.3",)
):
    """Points were earned by a confirmed order; they can be spent after delivery."""

    member_id: UUID
    order_id: UUID
    points: int


class PointsReleased(
    Event, type="loyalty.member.points-released.v1", key="member_id", pcf=("3.2.6.3",)
):
    """Pending points became available."""

    member_id: UUID
    order_id: UUID
    points: int


class PointsReversed(
    Event, type="loyalty.member.points-reversed.v1", key="member_id", pcf=("3.2.6.3",)
):
    """Points were taken back, because the order was cancelled or goods were returned."""

    member_id: UUID
    order_id: UUID
    points: int
    reason: str


class PointsReturned(
    Event, type="loyalty.member.points-returned.v1", key="member_id", pcf=("3.2.6.3",)
):
    """Points that had paid for something came back to the member."""

    member_id: UUID
    order_id: UUID
    points: int
    reason: str


class RedemptionAccepted(
    Event, type="loyalty.redemption.accepted.v1", key="redemption_id", pcf=("3.2.6.3",)
):
    """Points pay for a part of an order."""

    redemption_id: UUID
    order_id: UUID
    member_id: UUID
    points: int
    value: Money


class RedemptionRefused(
    Event, type="loyalty.redemption.refused.v1", key="redemption_id", pcf=("3.2.6.3",)
):
    """Points cannot pay for the order: not a member, too few points, or another currency."""

    redemption_id: UUID
    order_id: UUID
    points: int
    reason: str
