"""The life of a programme. Pure."""

from enum import StrEnum

from shared.errors import Conflict


class ProgramState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    CLOSED = "closed"


class ProgramIsNotDraft(Conflict):
    """Only a draft can be activated."""


class ProgramIsNotActive(Conflict):
    """Only an active programme can be closed."""


class CurrencyHasProgram(Conflict):
    """Another programme is active in this currency; close it first."""


def allowed_actions(state: ProgramState) -> list[str]:
    return {ProgramState.DRAFT: ["activate"], ProgramState.ACTIVE: ["close"]}.get(state, [])
