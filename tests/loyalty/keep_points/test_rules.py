"""Points: shared to the point, and the same in the end whatever came first."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from loyalty.keep_points.rules import LineFacts, Standing, moves, payment, points_of, standing

NETS = st.lists(st.decimals("0", "5000", places=2), min_size=1, max_size=8)


@given(NETS, st.decimals("0.1", "20", places=2))
def test_lines_share_the_orders_points_to_the_point(nets, rate) -> None:
    points = points_of(nets, rate)

    assert sum(points) == int(sum(nets) * rate)
    assert all(abs(part - net * rate) < 1 for part, net in zip(points, nets, strict=True))


FACTS = st.integers(1, 20).flatmap(
    lambda quantity: st.builds(
        LineFacts,
        st.just(quantity),
        st.integers(0, 500),
        st.integers(0, quantity),
        st.integers(0, quantity),
    )
)


@given(FACTS, st.booleans())
def test_a_standing_never_exceeds_the_line_and_is_in_one_place(line, counts) -> None:
    found = standing(line, counts=counts)

    assert 0 <= found.pending + found.available <= line.points
    assert not (found.pending and found.available)
    if not counts or line.returned == line.quantity:
        assert found == Standing()


STANDINGS = st.builds(Standing, st.integers(0, 300), st.integers(0, 300))


@given(STANDINGS, STANDINGS)
def test_moves_lead_from_one_standing_to_the_other(before, after) -> None:
    balance = {"pending": before.pending, "available": before.available, "issued": 0}
    for move in moves(before, after):
        assert move.points > 0
        balance[move.debit] -= move.points
        balance[move.credit] += move.points

    assert (balance["pending"], balance["available"]) == (after.pending, after.available)


def test_points_pay_no_more_than_the_order_needs() -> None:
    paid = payment(10_000, 10_000, Decimal("12.34"), Decimal("0.01"), "GBP")

    assert (paid.points, paid.value) == (1234, Decimal("12.34"))


def test_who_has_too_few_points_pays_nothing() -> None:
    paid = payment(500, 499, Decimal("12.34"), Decimal("0.01"), "GBP")

    assert (paid.points, paid.refusal) == (0, "499 points are available, 500 are asked for.")


def test_points_that_are_worth_nothing_are_not_taken() -> None:
    paid = payment(1, 100, Decimal("12.34"), Decimal("0.004"), "GBP")

    assert (paid.points, paid.refusal) == (0, "1 points are worth nothing in GBP.")


def test_who_is_in_debt_has_none_to_spend() -> None:
    paid = payment(5, -20, Decimal("12.34"), Decimal("0.01"), "GBP")

    assert paid.refusal == "0 points are available, 5 are asked for."
