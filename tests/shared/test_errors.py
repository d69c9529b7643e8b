"""Errors: a docstring is the message, and all faults are told at once."""

import pytest

from shared.errors import Conflict, DomainError, Fault, Faults, Invalid, Misunderstood, NotFound


class UnknownSku(NotFound):
    """The order names a product we do not stock.

    This part is for programmers.
    """


def test_the_message_is_the_first_paragraph_of_the_docstring():
    assert str(UnknownSku()) == "The order names a product we do not stock."
    assert str(UnknownSku("LAMP-01")) == "LAMP-01"


def test_a_subclass_keeps_the_slug_of_its_kind():
    assert UnknownSku.slug == NotFound.slug == "not-found"
    assert Misunderstood.slug != Invalid.slug


def test_an_error_carries_what_else_is_known():
    assert Conflict(state="shipped").extra == {"state": "shipped"}
    assert DomainError().faults == ()


def test_all_faults_are_told_at_once():
    faults = Faults()
    faults.refuse_if_any()
    faults.add("#/lines/0/quantity", "too_small", "It is 0.", "Give 1 or more.", given=0)
    faults.add("#/currency", "unknown", "EUX is none.", "Did you mean EUR?")
    with pytest.raises(Invalid, match=r"2 faults; nothing was stored.") as caught:
        faults.refuse_if_any()
    assert caught.value.faults[0] == Fault(
        "#/lines/0/quantity", "too_small", "It is 0.", "Give 1 or more.", "body", 0
    )


def test_one_fault_is_one_and_the_kind_may_be_chosen():
    faults = Faults()
    faults.add("#/a", "x", "It is.", "Change it.")
    with pytest.raises(Misunderstood, match=r"^1 fault; nothing was stored.$"):
        faults.refuse_if_any(Misunderstood)
    with pytest.raises(Invalid, match=r"^No.$"):
        faults.refuse_if_any(detail="No.")
