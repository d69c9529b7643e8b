"""Commissions: parts sum to the whole, and returns take back exactly what was earned."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from partners.accrue_commissions.rules import EarnedLine, commission_of, split, taken_back
from shared.values import Money

NETS = st.lists(st.decimals("0.00", "9999", places=2), min_size=1, max_size=8)


@given(NETS, st.decimals("0.01", "100", places=2))
def test_the_lines_sum_to_the_orders_commission(nets: list[Decimal], percent: Decimal) -> None:
    whole = commission_of(Money.of(sum(nets, Decimal()), "GBP"), percent)

    parts = split(whole, [(number, 1, net) for number, net in enumerate(nets, 1)])

    assert sum(part.commission for part in parts) == whole.amount
    assert all(part.commission >= 0 for part in parts)


@given(
    st.decimals("0", "999", places=2),
    st.integers(1, 200),
    st.lists(st.integers(1, 50), min_size=1, max_size=12),
)
def test_partial_returns_sum_exactly(commission: Decimal, quantity: int, parts: list[int]) -> None:
    line = EarnedLine(1, quantity, Decimal(1), commission)
    returned, before = 0, Decimal()
    for wanted in parts:
        returned = min(quantity, returned + wanted)
        after = taken_back([line], {1: returned}, "GBP")
        assert before <= after <= commission
        before = after

    assert taken_back([line], {1: quantity}, "GBP") == commission
