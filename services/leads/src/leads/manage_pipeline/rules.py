"""The stages of an opportunity and the ways between them. Pure."""

from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.errors import Conflict, Invalid
from shared.values import rounded


class Stage(StrEnum):
    """discovery → proposal → negotiation, forward and back; won and lost are ends."""

    DISCOVERY = "discovery"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    WON = "won"
    LOST = "lost"


class MoveKind(StrEnum):
    """What a line of the history tells."""

    OPENED = "opened"
    MOVED = "moved"
    WON = "won"
    LOST = "lost"
    NOTED = "noted"


PROBABILITIES: Final = {
    Stage.DISCOVERY: Decimal("0.10"),
    Stage.PROPOSAL: Decimal("0.40"),
    Stage.NEGOTIATION: Decimal("0.70"),
    Stage.WON: Decimal(1),
    Stage.LOST: Decimal(0),
}

OPEN_STAGES: Final = (Stage.DISCOVERY, Stage.PROPOSAL, Stage.NEGOTIATION)


class OpportunityIsClosed(Conflict):
    """The opportunity was won or lost; it stays so."""


class OnlyAQuoteWins(Conflict):
    """An opportunity is won only by a quote that its customer accepted."""


class LosingNeedsAReason(Conflict):
    """An opportunity is lost through its own act, which asks for the reason."""


class OpportunityRefused(Invalid):
    """The opportunity cannot be opened."""


class OpportunityExists(Conflict):
    """The lead has its opportunity already."""


def is_open(stage: Stage) -> bool:
    return stage in OPEN_STAGES


def check_move(before: Stage, wanted: Stage) -> None:
    """Whether a person may move it there; raises the reason when not."""
    if not is_open(before):
        raise OpportunityIsClosed(f"The opportunity is {before}; it stays so.", stage=before)
    if wanted is Stage.WON:
        raise OnlyAQuoteWins
    if wanted is Stage.LOST:
        raise LosingNeedsAReason


def after_quote(stage: Stage) -> Stage:
    """A quote that went out is a proposal; what is further stays where it is."""
    return Stage.PROPOSAL if stage is Stage.DISCOVERY else stage


def allowed_actions(stage: Stage) -> list[str]:
    """What a person can do with an opportunity now."""
    return ["move", "lose"] if is_open(stage) else []


def weighted(amount: Decimal, stage: Stage, currency: str) -> Decimal:
    """The amount by the probability of its stage, at the currency's minor unit."""
    return rounded(amount * PROBABILITIES[stage], currency)
