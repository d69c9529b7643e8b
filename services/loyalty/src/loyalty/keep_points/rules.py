"""How many points, where, and why: what an order's facts say. Pure.

Facts come in any order (delivered before confirmed, returned before delivered); the balance an
order's line should have follows from the facts alone, so what is booked is the difference to what
was booked before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from shared.values import rounded


class Account(StrEnum):
    """issued: where points come from · pending · available · spent: what paid for something."""

    ISSUED = "issued"
    PENDING = "pending"
    AVAILABLE = "available"
    SPENT = "spent"


class EntryKind(StrEnum):
    EARN = "earn"
    RELEASE = "release"
    REVERSE = "reverse"
    REDEEM = "redeem"
    GIVE_BACK = "give_back"


class RedemptionState(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is known of an order's line. `points` is what all of it earns."""

    quantity: int
    points: int
    delivered: int
    returned: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The points of a line that are pending and that are available."""

    pending: int = 0
    available: int = 0


def points_of(nets: Sequence[Decimal], points_per_unit: Decimal) -> list[int]:
    """The points of each line: the whole order's, rounded down, shared by largest remainder."""
    exact = [net * points_per_unit for net in nets]
    whole = int(sum(exact, Decimal()).to_integral_value(ROUND_FLOOR))
    floors = [int(part.to_integral_value(ROUND_FLOOR)) for part in exact]
    order = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in order[: whole - sum(floors)]:
        floors[index] += 1
    return floors


def standing(line: LineFacts, *, counts: bool) -> Standing:
    """What the line should have now. `counts` when the order is confirmed and not cancelled.

    Taken back by units, cumulatively: when all came back, all points went. Released when nothing
    that was not returned is still to be delivered.
    """
    if not counts:
        return Standing()
    returned = min(line.returned, line.quantity)
    kept = line.points - line.points * returned // line.quantity
    if line.delivered >= line.quantity - returned and line.delivered + returned > 0:
        return Standing(available=kept)
    return Standing(pending=kept)


@dataclass(frozen=True, slots=True)
class Move:
    """An entry of the ledger: so many points from one account to another."""

    kind: EntryKind
    debit: Account
    credit: Account
    points: int


def moves(before: Standing, after: Standing) -> list[Move]:
    """The entries that bring a line from what was booked to what should be."""
    found: list[Move] = []
    pending, available = before.pending, before.available
    released = min(pending - after.pending, after.available - available)
    if released > 0:
        found.append(Move(EntryKind.RELEASE, Account.PENDING, Account.AVAILABLE, released))
        pending, available = pending - released, available + released
    for account, have, want in (
        (Account.PENDING, pending, after.pending),
        (Account.AVAILABLE, available, after.available),
    ):
        if want > have:
            found.append(Move(EntryKind.EARN, Account.ISSUED, account, want - have))
        elif have > want:
            found.append(Move(EntryKind.REVERSE, account, Account.ISSUED, have - want))
    return found


@dataclass(frozen=True, slots=True)
class Payment:
    """How many points pay, and how much they are worth; or why they cannot."""

    points: int
    value: Decimal
    refusal: str | None = None


def payment(
    asked: int, available: int, net: Decimal, point_value: Decimal, currency: str
) -> Payment:
    """No more points than the order needs, and none that the member does not have."""
    needed = int((net / point_value).to_integral_value(ROUND_CEILING))
    points = min(asked, needed)
    if points > available:
        have = max(0, available)
        return Payment(0, Decimal(), f"{have} points are available, {points} are asked for.")
    value = min(net, rounded(points * point_value, currency))
    if not value:
        return Payment(0, Decimal(), f"{points} points are worth nothing in {currency}.")
    return Payment(points, value)


def consumed(lots: Mapping[str, int], points: int) -> dict[str, int]:
    """How much is taken of each lot, oldest first. May be less than asked when there is less."""
    found: dict[str, int] = {}
    left = points
    for lot, held in lots.items():
        taken = min(left, held)
        if taken:
            found[lot] = taken
            left -= taken
    return found
