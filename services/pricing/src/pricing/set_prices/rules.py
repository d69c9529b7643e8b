"""What setting a price does to the one that holds. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.errors import Conflict, Invalid
from shared.values import plain


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


@dataclass(frozen=True, slots=True)
class Span:
    """An amount and the period in which it holds; without end it is open."""

    amount: Decimal
    valid_from: datetime
    valid_to: datetime | None


def outcome(held: Span | None, amount: Decimal, begin: datetime, end: datetime | None) -> Outcome:
    """Whether setting this price changes anything, given what holds for the same key.

    An open price of the same amount is what an open one asks for; one with an end is unchanged
    when exactly it was set before.
    """
    if held is None:
        return Outcome.CREATED
    if held.amount == amount and held.valid_to == end and (end is None or held.valid_from == begin):
        return Outcome.UNCHANGED
    return Outcome.CHANGED


def said(key: PriceKey, held: Span) -> str:
    """LAMP for wholesale from 48 on costs 2.50 GBP from … until … already."""
    whom = f" for {key.segment}" if key.segment else ""
    many = f" from {key.min_quantity} on" if key.min_quantity > 1 else ""
    end = f" until {held.valid_to.isoformat()}" if held.valid_to else ""
    begin = held.valid_from.isoformat()
    return f"{key.sku}{whom}{many} costs {plain(held.amount)} {key.currency} from {begin}{end} already."


def check_end(
    valid_from: datetime, valid_to: datetime | None, end: datetime, now: datetime
) -> None:
    """An end may be set or moved while the price has not ended, to a time after its begin."""
    if valid_to is not None and valid_to <= now:
        raise PriceHasEnded
    if end <= valid_from:
        raise PriceEndsBeforeItBegins(f"It begins at {valid_from.isoformat()}; send a later end.")
