"""What a response must be. Pure."""

import re

from shared.errors import Invalid

EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,}")


class ResponseRefused(Invalid):
    """The response cannot be taken."""


def email_of(given: str) -> str | None:
    """The address in the form in which it is compared, or None when it is none."""
    text = given.strip().lower()
    return text if EMAIL.fullmatch(text) else None
