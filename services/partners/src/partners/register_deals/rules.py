"""The life of a deal. Pure."""

from enum import StrEnum

from shared.errors import Invalid


class DealState(StrEnum):
    """registered: waits for leads · linked: protected · refused: somebody was first."""

    REGISTERED = "registered"
    LINKED = "linked"
    REFUSED = "refused"


class DealRefused(Invalid):
    """The deal cannot be registered."""
