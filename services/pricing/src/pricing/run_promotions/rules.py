"""The life of a promotion, and what a returned line gives back of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.errors import Conflict, Invalid
from shared.values import Money, rounded, shares


class PromotionState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


class UseState(StrEnum):
    """committed: counts against the budget · refused · released: given back, whole."""

    COMMITTED = "committed"
    REFUSED = "refused"
    RELEASED = "released"


class CodeIsTaken(Conflict):
    """Another promotion has this code."""


class PromotionIsNotDraft(Conflict):
    """Only a draft can be activated."""


class PromotionIsNotActive(Conflict):
    """Only an active promotion can be ended."""


class PromotionRefused(Invalid):
    """The promotion cannot be made like this."""


@dataclass(frozen=True, slots=True)
class UsedLine:
    """A line of an order that used a promotion: its part of the discount, and what came back."""

    line: int
    quantity: int
    discount: Decimal
    returned: int = 0
    released: Decimal = Decimal()


def usable(
    state: PromotionState, valid_from: datetime, valid_to: datetime | None, at: datetime
) -> bool:
    """Active, begun and not over."""
    begun = valid_from <= at
    return state is PromotionState.ACTIVE and begun and (valid_to is None or at < valid_to)


def allowed_actions(state: PromotionState) -> list[str]:
    return {PromotionState.DRAFT: ["activate"], PromotionState.ACTIVE: ["end"]}.get(state, [])


def split(discount: Money, nets: Sequence[tuple[int, int, Decimal]]) -> list[UsedLine]:
    """Shares a discount among (line, quantity, net) by their net, to the cent.

    Where everything is free, by quantity: then net says nothing about the lines.
    """
    weights = [net for _, _, net in nets]
    parts = shares(discount, weights if any(weights) else [count for _, count, _ in nets])
    return [
        UsedLine(line, quantity, part.amount)
        for (line, quantity, _), part in zip(nets, parts, strict=True)
    ]


def give_back(
    lines: Sequence[UsedLine], returned: Mapping[int, int], currency: str
) -> tuple[list[UsedLine], Decimal]:
    """The lines when so many units of each are back in all, and the discount that frees now.

    Cumulative rounding: when all of a line came back, exactly its part was given back. Returns
    are counted from the first, so that it does not matter when they are heard of.
    """
    after: list[UsedLine] = []
    freed = Decimal()
    for line in lines:
        count = max(line.returned, min(line.quantity, returned.get(line.line, 0)))
        released = rounded(line.discount * count / line.quantity, currency)
        freed += released - line.released
        after.append(UsedLine(line.line, line.quantity, line.discount, count, released))
    return after, freed
