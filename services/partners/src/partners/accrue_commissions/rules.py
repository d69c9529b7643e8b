"""What a deal's order earns, line by line, and what a return takes back. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.values import Money, rounded, shares


@dataclass(frozen=True, slots=True)
class EarnedLine:
    """A line's part of the commission."""

    line: int
    quantity: int
    net: Decimal
    commission: Decimal


def commission_of(net: Money, percent: Decimal) -> Money:
    """The commission of an order: net × percent, half up at the currency's minor unit."""
    return Money.of(rounded(net.amount * percent / 100, net.currency), net.currency)


def split(commission: Money, lines: Sequence[tuple[int, int, Decimal]]) -> list[EarnedLine]:
    """Shares the commission among (line, quantity, net) by their net, to the cent."""
    parts = shares(commission, [net for _, _, net in lines])
    return [
        EarnedLine(line, quantity, net, part.amount)
        for (line, quantity, net), part in zip(lines, parts, strict=True)
    ]


def taken_back(lines: Sequence[EarnedLine], returned: Mapping[int, int], currency: str) -> Decimal:
    """The commission of what came back until now. Cumulative: all of a line is all of its part."""
    found = Decimal()
    for line in lines:
        count = min(line.quantity, returned.get(line.line, 0))
        found += rounded(line.commission * count / line.quantity, currency)
    return found
