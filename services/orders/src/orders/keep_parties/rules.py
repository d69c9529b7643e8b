"""Which parties may order. Pure."""

from enum import StrEnum

from shared.errors import Conflict


class PartyState(StrEnum):
    """active: may order · suspended: may not, for now · terminated: never again."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class PartyIsTerminated(Conflict):
    """The party was terminated; its data cannot change any more."""


def may_order(state: PartyState) -> bool:
    return state is PartyState.ACTIVE
