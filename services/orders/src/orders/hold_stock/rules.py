"""What can be promised. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Conflict, NotFound


class NotEnoughStock(Conflict):
    """There is not as much on hand as is reserved."""


class NoSuchStock(NotFound):
    """There is no stock position of this product."""


@dataclass(frozen=True, slots=True)
class Promise:
    """How a wanted quantity is met: now from stock, the rest when goods come in."""

    reserved: int
    waiting: int


def promise(wanted: int, available: int) -> Promise:
    """As much as there is now, never more; the rest waits."""
    now = max(0, min(wanted, available))
    return Promise(reserved=now, waiting=wanted - now)


def shared_out(wanted: Mapping[int, int], taken: int) -> dict[int, int]:
    """Gives what was taken of one product to the lines that want it, in their order."""
    left, found = taken, {}
    for line in sorted(wanted):
        found[line] = promise(wanted[line], left).reserved
        left -= found[line]
    return found
