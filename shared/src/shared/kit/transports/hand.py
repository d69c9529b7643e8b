"""What a subscription has in hand: batches given out, batches waiting for another try.

Both transports keep the same promise with it: one batch of a partition at a time, the same records
again after `retry`, and `Lost` for work whose partition went away, even when it came back since.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from shared.kit.transports.transport import Batch, Lost

Place = tuple[str, int]
"""A topic and one of its partitions."""


def place_of(batch: Batch) -> Place:
    return batch.topic, batch.partition


class Hand:
    """Batches by place. `changed` is set whenever there may be something new to do."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self._out: dict[Place, Batch] = {}
        self._parked: dict[Place, tuple[float, Batch]] = {}
        self._lost: set[Place] = set()

    def give(self, batch: Batch) -> Batch:
        self._out[place_of(batch)] = batch
        return batch

    def hold(self, batch: Batch) -> None:
        """Raises `Lost` unless exactly this batch is out.

        The partition may have left and come back since, and then its records go out anew.
        """
        if self._out.get(place_of(batch)) is not batch:
            raise Lost(f"{batch.topic}[{batch.partition}] is not in this hand any more.")

    def settle(self, batch: Batch) -> None:
        """The batch is done with; the next one of its partition may go out."""
        place = place_of(batch)
        if self._out.get(place) is batch:
            del self._out[place]
        self.changed.set()

    def lose(self, batch: Batch) -> None:
        """Its commit was refused: nothing of this partition goes out until it is dropped."""
        self._lost.add(place_of(batch))
        self.settle(batch)

    def park(self, batch: Batch, after: timedelta) -> None:
        self.hold(batch)
        due = asyncio.get_running_loop().time() + after.total_seconds()
        self._parked[place_of(batch)] = due, batch
        self.settle(batch)

    def due(self) -> Batch | None:
        """A parked batch whose time has come, in hand again."""
        now = asyncio.get_running_loop().time()
        for place, (due, batch) in self._parked.items():
            if due <= now:
                del self._parked[place]
                return self.give(batch)
        return None

    def seconds_until_due(self, at_most: float) -> float:
        now = asyncio.get_running_loop().time()
        waits = [due - now for due, _ in self._parked.values()]
        return max(0.0, min([at_most, *waits]))

    def is_out(self, place: Place) -> bool:
        return place in self._out

    def is_busy(self, place: Place) -> bool:
        return place in self._out or place in self._parked or place in self._lost

    def drop(self, places: Iterable[Place] | None = None) -> None:
        """Forgets these places, or all: whoever still works on them will hear `Lost`."""
        for held in (self._out, self._parked):
            for place in list(held) if places is None else places:
                held.pop(place, None)
        self._lost -= set(self._lost if places is None else places)
        self.changed.set()

    async def settled(self, within: timedelta) -> bool:
        """Waits until nothing is out. False when the time is over first."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                while self._out:
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return False
        return True
