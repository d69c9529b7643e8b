"""What a row of a sales history is: a line that was sold, one that came back, or neither. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.errors import Invalid
from shared.values import rounded

COLUMNS = (
    "invoice",
    "stockcode",
    "description",
    "quantity",
    "invoicedate",
    "price",
    "customer id",
    "country",
)


class UnreadableFile(Invalid):
    """The file cannot be read as a sales history."""


class LineKind(StrEnum):
    SOLD = "sold"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class PastLine:
    """A line of a past order. A returned line has a negative quantity and net."""

    invoice: str
    sku: str
    goods: bool
    description: str
    kind: LineKind
    quantity: int
    unit_price: Decimal
    net: Decimal
    customer: str | None
    country: str
    sold_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is no order line."""

    code: str
    detail: str


_SALE = re.compile(r"\d{6}")
_CANCELLATION = re.compile(r"C\d{6}")
_PRODUCT = re.compile(r"(?:\d{5}[A-Za-z]{0,3}|DCGS[A-Za-z0-9]+|gift_\d{4}_\d{2}|SP1002|PADS)")
_CHARGES = frozenset({"POST", "DOT", "C2", "C3"})
_NOTES: Mapping[str, str] = {
    "M": "a manual booking",
    "D": "a discount",
    "S": "samples",
    "B": "a bad debt",
    "BANK CHARGES": "bank charges",
    "AMAZONFEE": "a marketplace fee",
    "ADJUST": "an adjustment",
    "ADJUST2": "an adjustment",
    "CRUK": "a commission",
}


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Where each column is; names are matched without case. Raises `UnreadableFile`."""
    places = {name.strip().lower().lstrip("\ufeff"): index for index, name in enumerate(header)}
    missing = [name for name in COLUMNS if name not in places]
    if missing:
        raise UnreadableFile(
            f"Columns are missing: {', '.join(missing)}. The first row names the columns."
        )
    return {name: places[name] for name in COLUMNS}


def line_of(
    row: Sequence[str], places: Mapping[str, int], currency: str, zone: ZoneInfo
) -> PastLine | Refusal:
    """The line that a row is, or why it is none."""
    if len(row) <= max(places.values()):
        return Refusal("malformed", f"{len(row)} values, {max(places.values()) + 1} are needed.")
    invoice, sku, description, quantity_text, date_text, price_text, customer, country = (
        row[places[name]].strip() for name in COLUMNS
    )
    try:
        quantity, price = int(quantity_text), Decimal(price_text)
        sold_at = datetime.fromisoformat(date_text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, InvalidOperation):
        return Refusal("malformed", "Quantity, price or date cannot be read.")
    kind = LineKind.SOLD if _SALE.fullmatch(invoice) else LineKind.RETURNED
    if kind is LineKind.RETURNED and not _CANCELLATION.fullmatch(invoice):
        return Refusal("not_an_order", f"Invoice {invoice} is neither a sale nor a cancellation.")
    refusal = _refused_product(sku) or _refused_amount(kind, quantity, price)
    if refusal is not None:
        return refusal
    return PastLine(
        invoice=invoice,
        sku=sku.upper(),
        goods=sku not in _CHARGES,
        description=description,
        kind=kind,
        quantity=quantity,
        unit_price=price,
        net=rounded(price * quantity, currency),
        customer=customer or None,
        country=country,
        sold_at=sold_at,
    )


def _refused_product(sku: str) -> Refusal | None:
    if sku.upper() in _CHARGES or _PRODUCT.fullmatch(sku):
        return None
    said = _NOTES.get(sku.upper(), "no product")
    return Refusal("not_a_product", f"{sku or 'An empty stock code'} is {said}.")


def _refused_amount(kind: LineKind, quantity: int, price: Decimal) -> Refusal | None:
    if kind is LineKind.SOLD and quantity <= 0:
        return Refusal("stock_adjustment", f"A sale of {quantity} is a change of stock.")
    if kind is LineKind.RETURNED and quantity >= 0:
        return Refusal("not_a_return", f"A cancellation of {quantity} takes nothing back.")
    if price < 0:
        return Refusal("negative_price", f"The price is {price}.")
    if price == 0:
        return Refusal("no_price", "The price is 0: a gift, a sample or a write-off.")
    return None
