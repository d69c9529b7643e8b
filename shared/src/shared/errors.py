"""What can be wrong, in a handful of kinds. A slice subclasses a kind; the docstring is the message.

DomainError
├── NotFound            404  what was named does not exist
├── Forbidden           403  the caller may not
├── Conflict            409  not in this state, or somebody else was faster
│   └── VersionConflict 412  the caller's copy is old
├── Invalid             422  understood, but it cannot be so (carries every fault at once)
│   └── Misunderstood   400  not understood at all
└── Busy                503  not now; the same request may succeed later
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, ClassVar, Literal

Place = Literal["body", "query", "path", "header"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it is, and how to mend it.

    `pointer` is a JSON Pointer as URI fragment (`#/lines/0/quantity`) for the body, and the name
    of the parameter for query, path and header.
    """

    pointer: str
    code: str
    detail: str
    remedy: str
    place: Place = "body"
    given: Any = None


class DomainError(Exception):
    """The request cannot be met."""

    slug: ClassVar[str] = "error"

    def __init__(self, detail: str = "", *, faults: Sequence[Fault] = (), **extra: Any) -> None:
        self.detail = detail or cleandoc(type(self).__doc__ or "").split("\n\n")[0]
        self.faults = tuple(faults)
        self.extra: Mapping[str, Any] = extra
        super().__init__(self.detail)


class NotFound(DomainError):
    """What was asked for does not exist."""

    slug = "not-found"


class Forbidden(DomainError):
    """The caller may not do this."""

    slug = "forbidden"


class Conflict(DomainError):
    """The present state does not allow this."""

    slug = "conflict"


class VersionConflict(Conflict):
    """Somebody changed it since it was read. Read it again and repeat the change."""

    slug = "version-conflict"


class Invalid(DomainError):
    """The request was understood, but its content cannot be accepted."""

    slug = "invalid-content"


class Misunderstood(Invalid):
    """The request was not understood."""

    slug = "not-understood"


class Busy(DomainError):
    """The system cannot do this now; the same request may succeed later."""

    slug = "busy"


class Faults:
    """Collects faults, so that a caller hears of all of them at once."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, pointer: str, code: str, detail: str, remedy: str, given: Any = None) -> None:
        self.found.append(Fault(pointer, code, detail, remedy, given=given))

    def refuse_if_any(self, kind: type[DomainError] = Invalid, detail: str = "") -> None:
        """Raises `kind` with every fault found, or does nothing when there is none."""
        if self.found:
            count = len(self.found)
            said = detail or f"{count} fault{'s' if count > 1 else ''}; nothing was stored."
            raise kind(said, faults=self.found)
