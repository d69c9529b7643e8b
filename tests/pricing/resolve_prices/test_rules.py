"""The price of a line: each step, and what always holds."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pricing.resolve_prices.rules import Offered, Promoted, resolve, totals

D = Decimal
LIST = Offered(D("10"), "", 1)
BREAK = Offered(D("9"), "", 12)
WHOLESALE = Offered(D("8"), "wholesale", 1)
DEEP = Offered(D("7"), "wholesale", 12)
SPRING = Promoted("SPRING10", D("10"))


def _rules(offers, quantity, **how) -> list[tuple[str, Decimal]]:
    found = resolve(offers, quantity, "GBP", **how)
    assert found is not None
    return [(step.rule, step.unit_price) for step in found.steps]


def test_everybody_pays_the_list_price() -> None:
    assert _rules([LIST, BREAK, WHOLESALE], 1) == [("list", D(10))]


def test_each_step_explains_what_it_changed() -> None:
    steps = _rules(
        [LIST, BREAK, WHOLESALE, DEEP], 12, segment="wholesale", promoted=SPRING, floor=D("6.5")
    )

    assert steps == [
        ("list", D(10)),
        ("segment", D(8)),
        ("volume_break", D(7)),
        ("promotion", D("6.3")),
        ("floor", D("6.5")),
    ]


def test_a_break_begins_at_its_quantity() -> None:
    assert _rules([LIST, BREAK], 11)[-1] == ("list", D(10))
    assert _rules([LIST, BREAK], 12)[-1] == ("volume_break", D(9))


def test_without_a_price_for_the_quantity_there_is_none() -> None:
    assert resolve([BREAK], 11, "GBP") is None
    assert resolve([WHOLESALE], 1, "GBP") is None


PRICES = st.decimals("0.01", "500", places=6)


@given(
    st.lists(
        st.builds(Offered, PRICES, st.sampled_from(["", "wholesale"]), st.integers(1, 60)),
        max_size=6,
    ),
    st.integers(1, 200),
    st.sampled_from(["", "wholesale", "other"]),
    st.none() | st.builds(Promoted, st.just("P"), st.decimals("1", "100", places=2)),
    st.none() | PRICES,
)
def test_never_below_the_floor_and_never_more_with_a_promotion(
    offers, quantity, segment, promoted, floor
):
    found = resolve(offers, quantity, "GBP", segment=segment, promoted=promoted, floor=floor)
    if found is None:
        return

    assert floor is None or found.unit_price >= floor
    assert found.net <= found.net_before
    assert found.unit_price == found.steps[-1].unit_price
    assert abs(found.net - found.unit_price * quantity) <= D("0.005")
    again = resolve(
        list(reversed(offers)), quantity, "GBP", segment=segment, promoted=promoted, floor=floor
    )
    duplicates = len({(o.segment, o.min_quantity) for o in offers}) < len(offers)
    assert duplicates or again == found


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=6, unique=True),
    st.lists(PRICES, min_size=6, max_size=6),
    st.lists(st.sampled_from(["", "wholesale"]), min_size=6, max_size=6),
    st.tuples(st.integers(1, 200), st.integers(1, 200)),
    st.none() | st.builds(Promoted, st.just("P"), st.decimals("1", "100", places=2)),
    st.none() | PRICES,
)
def test_more_never_costs_more_each_when_the_breaks_descend(
    breaks, amounts, segments, quantities, promoted, floor
):
    falling = sorted(amounts, reverse=True)
    offers = [
        Offered(amount, segment, quantity)
        for quantity, amount, segment in zip(sorted(breaks), falling, segments, strict=False)
    ]
    few, many = (
        resolve(offers, n, "GBP", segment="wholesale", promoted=promoted, floor=floor)
        for n in sorted(quantities)
    )

    assert few is None or (many is not None and many.unit_price <= few.unit_price)


LINES = st.lists(st.tuples(PRICES, st.integers(1, 200)), min_size=1, max_size=8)


@given(LINES.flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_totals_are_the_sums_of_the_lines_in_any_order(both):
    found = [
        [resolve([Offered(amount, "", 1)], n, "GBP", promoted=SPRING) for amount, n in lines]
        for lines in both
    ]

    one, other = (totals(line for line in lines if line) for lines in found)
    assert one == other
    assert one.total == sum(line.net for line in found[0] if line)
    assert one.total + one.discount == sum(line.net_before for line in found[0] if line)
