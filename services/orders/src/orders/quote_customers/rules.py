"""The life of a quote. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict, Forbidden, Invalid


class QuoteState(StrEnum):
    """pricing: waits for pricing · draft: needs work · priced · in_review · approved · sent ·

    accepted and declined are final.
    """

    PRICING = "pricing"
    DRAFT = "draft"
    PRICED = "priced"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Act(StrEnum):
    REVISE = "revise"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"


POSSIBLE: Mapping[QuoteState, frozenset[Act]] = {
    QuoteState.PRICING: frozenset({Act.REVISE}),
    QuoteState.DRAFT: frozenset({Act.REVISE}),
    QuoteState.PRICED: frozenset({Act.REVISE, Act.SUBMIT}),
    QuoteState.IN_REVIEW: frozenset({Act.APPROVE, Act.REJECT}),
    QuoteState.APPROVED: frozenset({Act.REVISE, Act.SEND}),
    QuoteState.SENT: frozenset({Act.REVISE, Act.ACCEPT, Act.DECLINE}),
    QuoteState.ACCEPTED: frozenset(),
    QuoteState.DECLINED: frozenset(),
}


class QuoteRefused(Invalid):
    """The quote cannot be made like this."""


class ActNotPossible(Conflict):
    """The quote's state does not allow this."""


class QuoteExpired(Conflict):
    """The quote's validity is over; revise it to offer it again."""


class OwnQuote(Forbidden):
    """Four eyes: whoever wrote a quote cannot approve it."""


def check_act(state: QuoteState, act: Act) -> None:
    """Raises `ActNotPossible`, naming the state and what is possible."""
    if act not in POSSIBLE[state]:
        possible = sorted(POSSIBLE[state])
        raise ActNotPossible(
            f"A quote that is {state} cannot be: {act}."
            f" Possible: {', '.join(possible) or 'nothing'}.",
            state=state,
            allowed_actions=possible,
        )


def check_four_eyes(author: str, approver: str) -> None:
    if author == approver:
        raise OwnQuote


def check_validity(valid_until: datetime | None, now: datetime) -> None:
    """A quote can be accepted up to, not including, the end of its validity."""
    if valid_until is not None and now >= valid_until:
        raise QuoteExpired(valid_until=valid_until.isoformat())
