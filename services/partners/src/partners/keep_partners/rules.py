"""Who a partner is. Pure."""

from enum import StrEnum

from shared.errors import Conflict


class PartnerState(StrEnum):
    """active: sells with us · suspended: does not, for now."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class ExternalIdIsTaken(Conflict):
    """Another partner has this external id."""
