"""The life of an agreement. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from shared.errors import Conflict, Invalid


class AgreementState(StrEnum):
    DRAFT = "draft"
    SIGNED = "signed"
    ACTIVE = "active"
    TERMINATED = "terminated"


class Act(StrEnum):
    SIGN = "sign"
    ACTIVATE = "activate"
    TERMINATE = "terminate"


POSSIBLE: Mapping[AgreementState, frozenset[Act]] = {
    AgreementState.DRAFT: frozenset({Act.SIGN}),
    AgreementState.SIGNED: frozenset({Act.ACTIVATE, Act.TERMINATE}),
    AgreementState.ACTIVE: frozenset({Act.TERMINATE}),
    AgreementState.TERMINATED: frozenset(),
}


class AgreementRefused(Invalid):
    """The agreement cannot be made like this."""


class ActNotPossible(Conflict):
    """The agreement's state does not allow this."""


class AgreementIsOver(Conflict):
    """The agreement's period is over; draft a new one."""


class TerritoryIsTaken(Conflict):
    """An exclusive agreement covers one of the territories at the same time."""


class PartnerHasTerms(Conflict):
    """The partner has an agreement for one of the territories at the same time."""


def check_act(state: AgreementState, act: Act) -> None:
    if act not in POSSIBLE[state]:
        possible = sorted(POSSIBLE[state])
        raise ActNotPossible(
            f"An agreement that is {state} cannot be: {act}."
            f" Possible: {', '.join(possible) or 'nothing'}.",
            state=state,
            allowed_actions=possible,
        )


def check_not_over(valid_to: datetime | None, now: datetime) -> None:
    if valid_to is not None and valid_to <= now:
        raise AgreementIsOver(valid_to=valid_to.isoformat())
