"""What can be done with dead letters: look, replay in the order of the key, discard with a reason."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.errors import Conflict
from shared.kit.consume import ConsumerRuntime
from shared.kit.inbox import OPEN, DeadLetter, LetterState, open_letters
from shared.kit.work import Work


class LetterIsSettled(Conflict):
    """The dead letter was replayed or discarded before."""


class DiscardLetter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=3, max_length=500, examples=["Test record of 3 March."])


class LetterView(BaseModel):
    """An event that could not be applied."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    type: str
    cause: str
    error: str
    attempts: int
    state: LetterState
    correlation_id: str
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None


class LetterDetail(LetterView):
    """With its record as it was read."""

    value: str | None
    headers: list[Any]

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        view = LetterView.model_validate(letter)
        value = None if letter.value is None else letter.value.decode(errors="replace")
        return cls(**view.model_dump(), value=value, headers=letter.headers)


class ReplayView(BaseModel):
    """What a replay did, in order, and what it stopped at."""

    replayed: list[UUID]
    stopped_at: UUID | None = None
    error: str | None = None


async def replay_key(
    work: Work, consumer: ConsumerRuntime, letter: DeadLetter, *, dry_run: bool
) -> ReplayView:
    """Applies the open letters of the key, each in a transaction of its own.

    The order of the key is kept: nothing is applied while an older letter of the key is open.
    What is parked behind them meanwhile is applied too, and nothing that was discarded meanwhile.
    """
    if letter.state not in OPEN:
        raise LetterIsSettled
    chosen = open_letters().where(DeadLetter.topic == letter.topic, DeadLetter.key == letter.key)
    if dry_run:
        return ReplayView(replayed=[one.id for one in await work.session.scalars(chosen)])
    done: list[UUID] = []
    while (one := await work.session.scalar(chosen.limit(1))) is not None:
        try:
            if await consumer.replay(one):
                done.append(one.id)
        except Exception as error:  # noqa: BLE001  # the caller is told whatever it was
            return ReplayView(
                replayed=done, stopped_at=one.id, error=f"{type(error).__name__}: {error}"
            )
    return ReplayView(replayed=done)


async def discard_letter(work: Work, letter_id: UUID, reason: str) -> DeadLetter:
    letter = await work.edit(DeadLetter, letter_id)
    if letter.state not in OPEN:
        raise LetterIsSettled
    letter.state = LetterState.DISCARDED
    letter.settled_at, letter.settled_by, letter.reason = work.now, work.context.actor, reason
    return letter
