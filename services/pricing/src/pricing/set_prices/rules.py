"""What setting a price does to the one that holds. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.errors import Conflict, Invalid


class PricesOverlap(Conflict):
    """Another price of the same product, currency, segment and quantity holds in this period."""


class PriceHasEnded(Conflict):
    """The price has ended; its end cannot move any more."""


class PricesRefused(Invalid):
    """The prices cannot be set."""


class PriceEndsBeforeItBegins(Invalid):
    """A price ends after it begins."""


@dataclass(frozen=True, slots=True, order=True)
class PriceKey:
    """What can have one price at a time. An empty segment is everybody."""

    sku: str
    currency: str
    segment: str
    min_quantity: int


class Outcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def outcome(held: Decimal | None, wanted: Decimal) -> Outcome:
    """Whether setting this price changes anything, given the one that holds now."""
    if held is None:
        return Outcome.CREATED
    return Outcome.UNCHANGED if held == wanted else Outcome.CHANGED


def check_end(
    valid_from: datetime, valid_to: datetime | None, end: datetime, now: datetime
) -> None:
    """An end may be set or moved while the price has not ended, to a time after its begin."""
    if valid_to is not None and valid_to <= now:
        raise PriceHasEnded
    if end <= valid_from:
        raise PriceEndsBeforeItBegins(f"It begins at {valid_from.isoformat()}; send a later end.")
