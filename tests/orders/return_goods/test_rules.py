"""Refunds: any sequence of returns sums to what the line cost."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.return_goods.rules import Returnable, points_refund_of, refund_of


@given(
    st.integers(1, 200),
    st.decimals("0.01", "9999", places=2),
    st.lists(st.integers(1, 50), min_size=1, max_size=12),
)
def test_parts_sum_to_the_whole(quantity: int, net: Decimal, parts: list[int]) -> None:
    returned, refunded = 0, Decimal()
    for wanted in parts:
        part = min(wanted, quantity - returned)
        if not part:
            break
        line = Returnable(quantity, quantity, returned, net, refunded)
        refund = refund_of(line, part, "GBP")
        assert refund >= 0
        returned, refunded = returned + part, refunded + refund
    if returned == quantity:
        assert refunded == net
    assert refunded <= net


@given(st.integers(0, 5000), st.lists(st.integers(1, 400), min_size=1, max_size=8))
def test_points_come_back_whole_when_everything_does(points: int, refunds: list[int]) -> None:
    net = Decimal(sum(refunds))
    before, back = Decimal(), 0
    for refund in refunds:
        back += points_refund_of(points, net, before, Decimal(refund))
        before += refund

    assert back == points
