"""Values every service speaks of: money, quantities, periods, ids. Pure; only Pydantic is needed.

Money is exact: `Decimal` with an ISO 4217 currency, rounded to that currency's minor unit and never
silently. Amounts travel as JSON strings; a JSON number is accepted when its text is exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import override

from shared.countries import COUNTRIES
from shared.currencies import MINOR_UNITS

CURRENCIES: Mapping[str, int] = MappingProxyType(MINOR_UNITS)
"""ISO 4217 alphabetic code → number of decimals (JPY 0, EUR 2, KWD 3)."""

DECIMAL_PATTERN = r"^-?\d{1,18}(\.\d{1,6})?$"


def _exact(value: Any) -> Any:
    """A JSON number is taken by its shortest text, so that 19.9 is 19.90 and never 19.899…"""
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "An amount is a string such as 19.90.")
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        try:
            return Decimal(value)
        except InvalidOperation:
            raise PydanticCustomError(
                "decimal_parsing", "An amount is a string of digits such as 19.90."
            ) from None
    return value


SMALLEST_EXPONENT = -40
"""More decimals mean nothing, and 1e-999999 would be a megabyte of zeros in plain digits."""


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) >= Decimal(10) ** 18:
        raise PydanticCustomError("decimal_range", "An amount is finite and below 10^18.")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < SMALLEST_EXPONENT:
        raise PydanticCustomError("decimal_range", "An amount has at most 40 decimals.")
    return value


def plain(value: Decimal) -> str:
    """Digits without exponent, with two decimals or as many as it needs: 2.5 → 2.50, 0.0045.

    One text for one number, wherever it has been stored in between.
    """
    short = value.normalize()
    exponent = short.as_tuple().exponent
    if isinstance(exponent, int) and exponent > -2:
        short = short.quantize(Decimal("0.01"))
    return format(short, "f")


Exact = Annotated[
    Decimal,
    BeforeValidator(_exact),
    AfterValidator(_finite),
    PlainSerializer(plain, return_type=str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "format": "decimal", "pattern": DECIMAL_PATTERN, "examples": ["19.90"]}
    ),
]
"""A decimal number with one schema for both directions, a string in JSON."""

Amount = Annotated[Exact, PlainSerializer(str, return_type=str, when_used="json")]
"""The amount of a `Money`: as many decimals as the currency has."""


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise PydanticCustomError(
            "unknown_currency", "{given} is not an ISO 4217 code.", {"given": value}
        )
    return value


Currency = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["GBP"]}),
]


def _country(given: str) -> str:
    if given not in COUNTRIES:
        raise PydanticCustomError(
            "enum",
            "{given} is not a country",
            {"given": given, "expected": "the codes of ISO 3166-1 alpha-2, such as GB"},
        )
    return given


Country = Annotated[
    str, AfterValidator(_country), Field(examples=["GB"], description="ISO 3166-1 alpha-2")
]


class Money(BaseModel):
    """An amount in a currency, with no more decimals than the currency has.

    Arithmetic refuses to mix currencies; multiplication rounds half up to the minor unit, as price
    lists and invoices do (`rounded`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Amount
    currency: Currency

    @model_validator(mode="after")
    def _no_more_decimals_than_the_currency_has(self) -> Self:
        scale = CURRENCIES[self.currency]
        exponent = self.amount.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > scale:
            raise PydanticCustomError(
                "too_many_decimals",
                "{currency} has {scale} decimals; {amount} has more.",
                {"currency": self.currency, "scale": scale, "amount": plain(self.amount)},
            )
        object.__setattr__(self, "amount", self.amount.quantize(Decimal(1).scaleb(-scale)))
        return self

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Self:
        return cls(amount=Decimal(amount), currency=currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls.of(0, currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added.")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money.of(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money.of(self.amount - other.amount, self.currency)

    def __neg__(self) -> "Money":
        return Money.of(-self.amount, self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return Money.of(rounded(self.amount * factor, self.currency), self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.amount <= other.amount

    @override
    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def rounded(amount: Decimal, currency: str, rounding: str = ROUND_HALF_UP) -> Decimal:
    """The amount at the currency's minor unit (ISO 4217), half up unless another rule is named."""
    return amount.quantize(Decimal(1).scaleb(-CURRENCIES[currency]), rounding=rounding)


def rounded_half_even(amount: Decimal, currency: str) -> Decimal:
    return rounded(amount, currency, ROUND_HALF_EVEN)


def total(parts: Iterable[Money], currency: str) -> Money:
    """The sum, in `currency` also when there are no parts. Mixed currencies raise ValueError."""
    result = Money.zero(currency)
    for part in parts:
        result += part
    return result


def shares(amount: Money, weights: Iterable[Decimal | int]) -> list[Money]:
    """Splits an amount by weights so that the parts sum to it exactly (largest remainder).

    Source: the Hamilton method of apportionment. All weights zero: everything goes to the first.
    """
    numbers = [Decimal(weight) for weight in weights]
    if not numbers:
        return []
    whole = sum(numbers, Decimal())
    if not whole:
        return [amount, *(Money.zero(amount.currency) for _ in numbers[1:])]
    unit = Decimal(1).scaleb(-CURRENCIES[amount.currency])
    sign = -1 if amount.amount < 0 else 1
    units = abs(amount.amount) / unit
    exact = [units * number / whole for number in numbers]
    floors = [int(part) for part in exact]
    left = int(units) - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[:left]:
        floors[index] += 1
    return [Money.of(sign * part * unit, amount.currency) for part in floors]


class Quantity(BaseModel):
    """How many of which unit (UN/ECE Recommendation 20 common codes: EA each, KGM kilogram)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount: Exact
    unit: Annotated[str, Field(pattern="^[A-Z0-9]{2,3}$", examples=["EA"])] = "EA"


FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "An instant needs a time zone, such as Z.")
    beyond = PydanticCustomError(
        "instant_range", "An instant is within the years 1 to 9999 of UTC."
    )
    try:
        found = value.astimezone(UTC)
    except OverflowError:  # its offset takes it out of those years
        raise beyond from None
    # The very first and last stand for infinity in asyncpg, and come back without a zone.
    if not FIRST < found < LAST:
        raise beyond
    return found


Instant = Annotated[datetime, AfterValidator(_aware)]
"""An aware instant, kept in UTC."""


@dataclass(frozen=True, slots=True)
class Period:
    """Half open: from its start up to, not including, its end; without end it is open."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError("A period ends after it starts.")

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant and (self.end is None or instant < self.end)

    def overlaps(self, other: "Period") -> bool:
        before = other.end is None or self.start < other.end
        after = self.end is None or other.start < self.end
        return before and after
