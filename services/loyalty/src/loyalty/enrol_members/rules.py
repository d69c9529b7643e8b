"""Who can be enrolled. Pure."""

from shared.errors import Conflict, Invalid


class EnrolmentRefused(Invalid):
    """The customer cannot be enrolled."""


class IsMember(Conflict):
    """The customer is a member of this programme."""
