"""Promising stock: never more than there is, and nothing is lost between lines."""

from hypothesis import given
from hypothesis import strategies as st

from orders.hold_stock.rules import promise, shared_out

COUNT = st.integers(0, 10_000)


@given(COUNT, st.integers(-50, 10_000))
def test_a_promise_is_whole_and_never_more_than_available(wanted: int, available: int) -> None:
    made = promise(wanted, available)

    assert made.reserved + made.waiting == wanted
    assert 0 <= made.reserved <= max(0, available)


@given(st.dictionaries(st.integers(1, 20), st.integers(1, 500), min_size=1), st.integers(0, 5000))
def test_what_was_taken_goes_to_lines_in_their_order(wanted: dict[int, int], taken: int) -> None:
    taken = min(taken, sum(wanted.values()))

    given_out = shared_out(wanted, taken)

    assert sum(given_out.values()) == taken
    assert all(0 <= given_out[line] <= wanted[line] for line in wanted)
    short = [line for line in sorted(wanted) if given_out[line] < wanted[line]]
    assert all(given_out[later] == 0 for later in short[1:])
