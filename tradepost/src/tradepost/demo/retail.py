"""The real data of the demo, read once: products with their usual prices, customers, invoices.

Origin and licence: README.md beside this file.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

FILE = Path(__file__).with_name("online-retail.csv.gz")
ZONE = "Europe/London"
CURRENCY = "GBP"
SYSTEM = "retail"
"""The system whose ids the data carries, as it stands in `external_ids`."""

LIVE_FROM = datetime(2010, 11, 26)  # noqa: DTZ001  # the data's own local time
"""From here on the data is placed live, as orders of today."""

_PRODUCT = re.compile(r"\d{5}[A-Za-z]{0,3}")
_CHARGES = frozenset({"POST", "DOT", "C2"})

COUNTRIES = {
    "United Kingdom": "GB", "EIRE": "IE", "Germany": "DE", "France": "FR", "Netherlands": "NL",
    "Spain": "ES", "Switzerland": "CH", "Portugal": "PT", "Belgium": "BE",
    "Channel Islands": "JE", "Sweden": "SE", "Italy": "IT", "Australia": "AU", "Cyprus": "CY",
    "Austria": "AT", "Greece": "GR", "United Arab Emirates": "AE", "Denmark": "DK",
    "Norway": "NO", "Finland": "FI", "USA": "US", "Japan": "JP", "Poland": "PL", "Malta": "MT",
    "Lithuania": "LT", "Singapore": "SG", "RSA": "ZA", "Bahrain": "BH", "Canada": "CA",
    "Hong Kong": "HK", "Thailand": "TH", "Israel": "IL", "Iceland": "IS", "Korea": "KR",
    "Brazil": "BR", "West Indies": "BB", "Bermuda": "BM", "Nigeria": "NG", "Lebanon": "LB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Product:
    """`usual_price` is the price most lines were sold at; `monthly` the units of a month."""

    sku: str
    name: str
    kind: str
    usual_price: Decimal
    monthly: int


@dataclass(frozen=True, slots=True)
class Customer:
    """`segment` follows from the data: export, or by what they bought in the year."""

    number: str
    country: str
    segment: str


@dataclass(slots=True)
class Invoice:
    """An invoice of the last weeks."""

    number: str
    customer: str
    at: datetime
    quantities: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Retail:
    products: list[Product]
    customers: list[Customer]
    live: list[Invoice]


def read() -> Retail:
    """Everything but the history itself, which goes into the platform as the file it is."""
    prices: dict[str, Counter[Decimal]] = defaultdict(Counter)
    names: dict[str, Counter[str]] = defaultdict(Counter)
    units: Counter[str] = Counter()
    spent: dict[str, Decimal] = defaultdict(Decimal)
    countries: dict[str, str] = {}
    live: dict[str, Invoice] = {}
    for row in _sales():
        sku, quantity, price = row["StockCode"].upper(), int(row["Quantity"]), Decimal(row["Price"])
        prices[sku][price] += 1
        names[sku][row["Description"].strip()] += 1
        units[sku] += quantity
        customer = row["Customer ID"]
        if not customer or row["Country"] not in COUNTRIES:
            continue
        countries[customer] = COUNTRIES[row["Country"]]
        spent[customer] += price * quantity
        at = datetime.fromisoformat(row["InvoiceDate"])
        if at >= LIVE_FROM:
            invoice = live.setdefault(row["Invoice"], Invoice(row["Invoice"], customer, at))
            invoice.quantities[sku] += quantity
    products = [
        Product(
            sku=sku,
            name=names[sku].most_common(1)[0][0] or sku,
            kind="charge" if sku in _CHARGES else "goods",
            usual_price=prices[sku].most_common(1)[0][0],
            monthly=max(1, units[sku] // 12),
        )
        for sku in sorted(prices)
    ]
    customers = [
        Customer(number, countries[number], _segment(countries[number], spent[number]))
        for number in sorted(countries)
    ]
    return Retail(products, customers, sorted(live.values(), key=lambda one: (one.at, one.number)))


def _segment(country: str, spent: Decimal) -> str:
    if country != "GB":
        return "export"
    return "wholesale" if spent >= 2000 else "retail"


def _sales() -> Iterator[dict[str, str]]:
    """The rows that sold a product or charged carriage."""
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sku = row["StockCode"].upper()
            if not (_PRODUCT.fullmatch(sku) or sku in _CHARGES):
                continue
            if row["Invoice"][:1] in "CA" or int(row["Quantity"]) <= 0 or float(row["Price"]) <= 0:
                continue
            yield row
