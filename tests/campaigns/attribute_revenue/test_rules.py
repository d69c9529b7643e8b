"""What a campaign gets of an order: never below zero, never more than the order, nothing unheard."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from campaigns.attribute_revenue.rules import OrderFacts, revenue_of

MONEY = st.decimals("0", "99999", places=2)


@given(st.none() | MONEY, MONEY, st.booleans())
def test_revenue_is_between_nothing_and_the_order(net, refunded, cancelled) -> None:
    found = revenue_of(OrderFacts(net, refunded, cancelled))

    if net is None:
        assert found is None
    else:
        assert Decimal() <= found <= net
        assert not cancelled or found == 0


@given(MONEY, MONEY, MONEY)
def test_more_refund_is_never_more_revenue(net, refund, more) -> None:
    before = revenue_of(OrderFacts(net, refund, cancelled=False))
    after = revenue_of(OrderFacts(net, refund + more, cancelled=False))

    assert after <= before
