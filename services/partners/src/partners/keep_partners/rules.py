"""Who a partner is. Pure."""

from enum import StrEnum


class PartnerState(StrEnum):
    """active: sells with us · suspended: does not, for now."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
