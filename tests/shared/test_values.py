"""Money and its companions: exact, in one currency, and the same from a string or a number."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.values import (
    CURRENCIES,
    Instant,
    Money,
    Period,
    Quantity,
    rounded,
    rounded_half_even,
    shares,
    total,
)

currencies = st.sampled_from(["JPY", "EUR", "KWD", "UYW"])


@st.composite
def amounts(draw: st.DrawFn, currency: str | None = None) -> Money:
    code = currency or draw(currencies)
    units = draw(st.integers(-(10**12), 10**12))
    return Money.of(Decimal(units).scaleb(-CURRENCIES[code]), code)


weights = st.lists(
    st.one_of(
        st.integers(0, 1000), st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False)
    ),
    min_size=1,
    max_size=20,
)


@given(amounts(), weights)
def test_shares_sum_to_the_whole_exactly(amount, parts):
    found = shares(amount, parts)
    assert len(found) == len(parts)
    assert total(found, amount.currency) == amount


@given(amounts(), weights)
def test_no_share_is_off_by_a_whole_unit(amount, parts):
    whole = sum((Decimal(part) for part in parts), Decimal())
    unit = Decimal(1).scaleb(-CURRENCIES[amount.currency])
    if whole:
        for share, part in zip(shares(amount, parts), parts, strict=True):
            assert abs(share.amount - amount.amount * Decimal(part) / whole) < unit


def test_shares_give_what_is_left_to_the_largest_remainders():
    assert [str(share) for share in shares(Money.of("0.05", "EUR"), [3, 2, 2])] == [
        "0.02 EUR",
        "0.02 EUR",
        "0.01 EUR",
    ]
    assert shares(Money.of(1, "EUR"), []) == []
    assert [str(share) for share in shares(Money.of(1, "EUR"), [0, 0])] == ["1.00 EUR", "0.00 EUR"]


@pytest.mark.parametrize(
    ("given_", "text"),
    [(("100", "JPY"), "100 JPY"), (("1.5", "KWD"), "1.500 KWD"), (("1E+2", "EUR"), "100.00 EUR")],
)
def test_an_amount_has_the_decimals_of_its_currency(given_, text):
    assert str(Money.of(*given_)) == text


@pytest.mark.parametrize(
    ("amount", "currency"), [("1.5", "JPY"), ("0.0001", "KWD"), ("1.999", "EUR")]
)
def test_more_decimals_than_the_currency_has_are_refused(amount, currency):
    with pytest.raises(ValidationError, match="decimals"):
        Money.of(amount, currency)


@given(amounts(), amounts())
def test_currencies_do_not_mix(one, other):
    if one.currency == other.currency:
        assert (one + other) - other == one
        assert (one < other) is (other.amount > one.amount)
    else:
        for act in (lambda: one + other, lambda: one - other, lambda: one < other):
            with pytest.raises(ValueError, match="cannot be added"):
                act()


@given(st.integers(-(10**9), 10**9))
def test_a_string_and_a_number_are_the_same_amount(cents):
    text = format(Decimal(cents).scaleb(-2), "f")
    from_text = Money.model_validate_json(f'{{"amount": "{text}", "currency": "EUR"}}')
    from_number = Money.model_validate_json(f'{{"amount": {text}, "currency": "EUR"}}')
    assert from_text == from_number == Money.of(text, "EUR")
    assert Money.model_validate_json(from_text.model_dump_json()) == from_text


@given(amounts())
def test_an_amount_travels_as_a_string_and_comes_back(amount):
    data = amount.model_dump(mode="json")
    assert isinstance(data["amount"], str)
    assert Money.model_validate(data) == amount


@pytest.mark.parametrize(
    "data",
    [
        {"amount": True, "currency": "EUR"},
        {"amount": "NaN", "currency": "EUR"},
        {"amount": "Infinity", "currency": "EUR"},
        {"amount": "1e18", "currency": "EUR"},
        {"amount": "nineteen", "currency": "EUR"},
        {"amount": "1", "currency": "XXQ"},
        {"amount": "1", "currency": "eur"},
        {"amount": "1", "currency": "EUR", "tax": "1"},
    ],
)
def test_what_is_no_money_is_refused(data):
    with pytest.raises(ValidationError):
        Money.model_validate(data)


def test_money_has_one_schema_in_both_directions():
    class Priced(BaseModel):
        price: Money

    assert Priced.model_json_schema(mode="validation") == Priced.model_json_schema(
        mode="serialization"
    )


def test_multiplication_rounds_half_up_to_the_minor_unit():
    assert Money.of("0.05", "EUR") * Decimal("0.5") == Money.of("0.03", "EUR")
    assert -Money.of("1", "JPY") == Money.of("-1", "JPY")
    assert rounded(Decimal("2.5"), "JPY") == 3
    assert rounded_half_even(Decimal("2.5"), "JPY") == 2
    assert Money.of(1, "EUR") <= Money.of(1, "EUR")


@given(st.lists(amounts("EUR")))
def test_a_total_is_the_sum(parts):
    assert total(parts, "EUR").amount == sum((part.amount for part in parts), Decimal())


def test_a_quantity_has_a_unit():
    assert Quantity(amount=Decimal(2)).unit == "EA"
    with pytest.raises(ValidationError):
        Quantity(amount=Decimal(2), unit="pieces")


def test_an_instant_is_kept_in_utc_and_needs_a_zone():
    instant = TypeAdapter(Instant)
    east = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    assert instant.validate_python(east).isoformat() == "2026-03-01T09:00:00+00:00"
    with pytest.raises(ValidationError, match="time zone"):
        instant.validate_python("2026-03-01T10:00:00")


def test_a_period_holds_its_start_and_not_its_end():
    start = datetime(2026, 3, 1, tzinfo=UTC)
    day = timedelta(days=1)
    period = Period(start, start + day)
    assert start in period
    assert start + day not in period
    assert start + 9 * day in Period(start)
    assert not period.overlaps(Period(start + day))
    assert period.overlaps(Period(start - day))
    with pytest.raises(ValueError, match="after it starts"):
        Period(start, start)
