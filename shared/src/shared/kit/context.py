"""Who asked, and what belongs together: carried from HTTP through outbox and topic to consumers."""

from dataclasses import dataclass, field, replace
from typing import Self

from shared.events.contract import Envelope


@dataclass(frozen=True, slots=True)
class Context:
    """The thread that runs through one story.

    `correlation_id` names the story, `causation_id` the event that led here (empty for a request),
    `traceparent` the W3C trace, `actor` the person or system on whose behalf it happens.
    """

    actor: str = ""
    request_id: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    scopes: frozenset[str] = field(default=frozenset(), repr=False)

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def caused_by(self, envelope: Envelope, traceparent: str) -> Self:
        """The context in which an event is handled."""
        return replace(
            self,
            actor=envelope.actor,
            correlation_id=envelope.correlation_id or str(envelope.id),
            causation_id=str(envelope.id),
            traceparent=traceparent,
        )
