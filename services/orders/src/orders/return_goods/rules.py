"""What can come back, and what goes back for it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.errors import Faults, Invalid
from shared.values import rounded


class ReturnRefused(Invalid):
    """The return does not fit the order."""


@dataclass(frozen=True, slots=True)
class Returnable:
    """A line as it stands: what was sold, what left, what came back before and for how much."""

    quantity: int
    shipped: int
    returned: int
    net: Decimal
    refunded: Decimal


def refund_of(line: Returnable, quantity: int, currency: str) -> Decimal:
    """The net of so many more units, so that any sequence of returns sums to the line's net.

    Cumulative rounding: what is due for all units returned so far, less what was paid for them.
    """
    until_now = line.returned + quantity
    return rounded(line.net * until_now / line.quantity, currency) - line.refunded


def points_refund_of(points: int, net: Decimal, refunded_before: Decimal, refund: Decimal) -> int:
    """The points that had paid for what comes back, by its share of the order, cumulatively."""
    if not points or not net:
        return 0
    after = int(points * (refunded_before + refund) / net)
    return after - int(points * refunded_before / net)


def check_return(
    asked: Sequence[tuple[int, int]], lines: Mapping[int, Returnable], faults: Faults
) -> None:
    """Each line once, each with no more than left and did not come back yet."""
    seen: set[int] = set()
    for index, (number, quantity) in enumerate(asked):
        here = f"#/lines/{index}"
        line = lines.get(number)
        if line is None:
            faults.add(
                f"{here}/line",
                "unknown_line",
                f"The order has no line {number}.",
                f"Its lines are {', '.join(map(str, sorted(lines)))}.",
                number,
            )
        elif number in seen:
            faults.add(
                f"{here}/line", "named_twice", f"Line {number} is named twice.", "Add them up."
            )
        elif quantity > line.shipped - line.returned:
            faults.add(
                f"{here}/quantity",
                "more_than_shipped",
                f"{line.shipped - line.returned} of line {number} are with the customer.",
                "Return at most that; what did not leave can be cancelled.",
                quantity,
            )
        seen.add(number)
