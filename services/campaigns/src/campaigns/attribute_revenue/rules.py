"""What a campaign gets of an order: what its facts say. Pure.

Facts come in any order, so what is told is the difference to what was told before.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What is known of an order. `net` is None until it was confirmed."""

    net: Decimal | None
    refunded: Decimal
    cancelled: bool


def revenue_of(facts: OrderFacts) -> Decimal | None:
    """The revenue that counts: nothing yet, or the net less refunds, never below zero."""
    if facts.net is None:
        return None
    if facts.cancelled:
        return Decimal()
    return max(Decimal(), facts.net - facts.refunded)
