"""The price of a line, step by step. Pure.

list price → segment price → volume break → promotion → floor → rounding. Each step that changes
anything explains itself; the last one's unit price is the answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from shared.errors import Invalid
from shared.values import plain, rounded

UNIT_SCALE = Decimal("0.0001")


class ResolutionRefused(Invalid):
    """Some of this cannot be priced."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A price that holds: for everybody when the segment is empty, from a quantity on."""

    amount: Decimal
    segment: str
    min_quantity: int


@dataclass(frozen=True, slots=True)
class Promoted:
    """A promotion that may be used now."""

    code: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    rule: str
    detail: str
    unit_price: Decimal


@dataclass(frozen=True, slots=True)
class Resolved:
    """A priced line. `net_before` is what it would cost without the promotion."""

    list_price: Decimal
    unit_price: Decimal
    listed: Decimal
    net: Decimal
    net_before: Decimal
    steps: tuple[Step, ...]


def resolve(
    offers: Iterable[Offered],
    quantity: int,
    currency: str,
    *,
    segment: str = "",
    promoted: Promoted | None = None,
    floor: Decimal | None = None,
) -> Resolved | None:
    """The price of so many units; None when no price holds for them."""
    held = [offer for offer in offers if offer.min_quantity <= quantity]
    base = _base_steps(held, segment)
    if not base:
        return None
    before = _finished(base, floor)
    steps = list(base)
    if promoted is not None:
        off = base[-1].unit_price * promoted.percent / 100
        detail = f"{promoted.code}: {plain(promoted.percent)} % off"
        steps.append(Step("promotion", detail, base[-1].unit_price - off))
    steps = _finished(steps, floor)
    unit = steps[-1].unit_price
    return Resolved(
        list_price=base[0].unit_price,
        unit_price=unit,
        listed=rounded(base[0].unit_price * quantity, currency),
        net=rounded(unit * quantity, currency),
        net_before=rounded(before[-1].unit_price * quantity, currency),
        steps=tuple(steps),
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over rounded lines, so that they are the sums a reader of the lines finds."""

    listed: Decimal
    total: Decimal
    discount: Decimal


def totals(lines: Iterable[Resolved]) -> Totals:
    """What all lines cost together, and what the promotion took off."""
    listed = total = discount = Decimal()
    for line in lines:
        listed += line.listed
        total += line.net
        discount += line.net_before - line.net
    return Totals(listed, total, discount)


def _base_steps(held: Sequence[Offered], segment: str) -> list[Step]:
    """List or segment price, then the deepest volume break of the same."""
    everybody = [offer for offer in held if not offer.segment]
    own = [offer for offer in held if segment and offer.segment == segment]
    first = _lowest_break(everybody) or _lowest_break(own)
    if first is None:
        return []
    kind = "list" if not first.segment else "segment"
    words = "List price" if kind == "list" else f"Price of {segment}"
    steps = [Step(kind, words, first.amount)]
    chosen = own or everybody
    base = _lowest_break(chosen)
    if kind == "list" and own and base is not None:
        steps.append(Step("segment", f"Price of {segment}", base.amount))
    deepest = max(chosen, key=lambda offer: offer.min_quantity)
    if base is not None and deepest.min_quantity > base.min_quantity:
        words = f"From {deepest.min_quantity} on"
        steps.append(Step("volume_break", words, deepest.amount))
    return steps


def _lowest_break(offers: Sequence[Offered]) -> Offered | None:
    return min(offers, key=lambda offer: offer.min_quantity, default=None)


def _finished(steps: Sequence[Step], floor: Decimal | None) -> list[Step]:
    """Never below the floor; then at four decimals, half up.

    The floor itself goes up to four decimals, or rounding could lead below it.
    """
    found = list(steps)
    lowest = None if floor is None else floor.quantize(UNIT_SCALE, rounding=ROUND_CEILING)
    if lowest is not None and found[-1].unit_price < lowest:
        found.append(Step("floor", f"Not below {plain(lowest)}", lowest))
    at_scale = found[-1].unit_price.quantize(UNIT_SCALE, rounding=ROUND_HALF_UP)
    if at_scale != found[-1].unit_price:
        found.append(Step("rounding", "To four decimals, half up", at_scale))
    return found
