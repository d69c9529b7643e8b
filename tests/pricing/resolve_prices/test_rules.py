"""The price of a line: each step, and what always holds."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pricing.resolve_prices.rules import Offered, Promoted, resolve

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


PRICES = st.decimals("0.01", "500", places=3)


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
