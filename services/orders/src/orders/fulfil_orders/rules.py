"""Who gets stock that comes in, and what may be shipped. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.errors import Conflict, Faults, Invalid


class OrderCannotBeShipped(Conflict):
    """Only a confirmed order with reserved goods can be shipped."""


class ShipmentRefused(Invalid):
    """The shipment does not fit the order."""


class ShipmentHasArrived(Conflict):
    """The shipment was delivered before."""


class ReceiptRefused(Invalid):
    """The receipt cannot be booked."""


class ReceiptWasBooked(Conflict):
    """A receipt with this reference was booked before."""


class MoreThanCounted(Conflict):
    """A stock position cannot count so many."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of an order that waits for stock, in the order of the queue."""

    order_id: str
    line: int
    waiting: int


def allocate(queue: Sequence[Waiting], available: int) -> list[tuple[Waiting, int]]:
    """First come, first served; a line may get a part. Never more than there is."""
    found: list[tuple[Waiting, int]] = []
    left = available
    for want in queue:
        given = min(left, want.waiting)
        if given <= 0:
            break
        found.append((want, given))
        left -= given
    return found


def check_shipment(
    asked: Sequence[tuple[int, int]], reserved: Mapping[int, int], faults: Faults
) -> None:
    """Each line once, each with no more than is reserved for it."""
    seen: set[int] = set()
    for index, (line, quantity) in enumerate(asked):
        here = f"#/lines/{index}"
        if line not in reserved:
            faults.add(
                f"{here}/line",
                "unknown_line",
                f"The order has no line {line}.",
                f"Its lines are {', '.join(map(str, sorted(reserved)))}.",
                line,
            )
        elif line in seen:
            faults.add(
                f"{here}/line", "named_twice", f"Line {line} is named twice.", "Add them up.", line
            )
        elif quantity > reserved[line]:
            faults.add(
                f"{here}/quantity",
                "more_than_reserved",
                f"{reserved[line]} of line {line} are reserved.",
                f"Ship at most {reserved[line]}; the rest follows when stock comes in.",
                quantity,
            )
        seen.add(line)
