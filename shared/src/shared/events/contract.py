"""What an event contract is, and the CloudEvents 1.0 envelope it travels in.

A contract is a frozen Pydantic model of the *data*; its class arguments say the rest:

    class OrderPlaced(Event, type="orders.order.placed.v1", key="order_id", pcf=("3.5.4.1",)):
        '''An order was accepted and stored.'''

The type names service, aggregate, fact (past participle) and major version. Topic (`orders.order`)
and key follow from it. Schemas are open: readers ignore members they do not know.
Source: CloudEvents 1.0.2, its Kafka protocol binding, and the extensions partitioning, sequence,
distributed tracing, correlation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json, to_json
from typing_extensions import override

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"

Headers = Sequence[tuple[str, bytes]]


class Event(BaseModel):
    """Base of all contracts. The docstring of a contract is its published meaning."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    TYPE: ClassVar[str] = ""
    KEY: ClassVar[str] = ""
    PCF: ClassVar[tuple[str, ...]] = ()

    @override
    def __init_subclass__(
        cls, *, type: str = "", key: str = "", pcf: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        """Tells type checkers which class arguments there are; Pydantic's hook uses them."""
        super().__init_subclass__(**kwargs)

    @classmethod
    @override
    def __pydantic_init_subclass__(
        cls, *, type: str = "", key: str = "", pcf: tuple[str, ...] = (), **kwargs: Any
    ) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        service, _, rest = type.partition(".")
        if len(rest.split(".")) != 3 or not service:
            raise TypeError(f"{cls.__name__}: {type!r} is not <service>.<aggregate>.<fact>.v<n>")
        if key not in cls.model_fields:
            raise TypeError(f"{cls.__name__}: key {key!r} is not one of its members")
        cls.TYPE, cls.KEY, cls.PCF = type, key, pcf

    @classmethod
    def service(cls) -> str:
        """The publisher."""
        return cls.TYPE.split(".", 1)[0]

    @classmethod
    def topic(cls) -> str:
        """One topic per aggregate, so that the order of one aggregate's life is kept."""
        return ".".join(cls.TYPE.split(".")[:2])

    def key(self) -> str:
        return str(getattr(self, self.KEY))


class Unreadable(ValueError):
    """The record is not a CloudEvent in structured or binary mode."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A CloudEvent with its data still as JSON values.

    `sequence` is the version of the aggregate, without gaps per key; as an attribute it is padded
    to 20 digits, because CloudEvents compares it as text.
    """

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    data: Any
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""
    actor: str = ""

    def attributes(self) -> dict[str, str]:
        """All attributes in their text form; what is empty is absent."""
        given = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "dataschema": f"/events/schemas/{self.type}.json",
            "partitionkey": self.subject,
            "sequence": f"{self.sequence:020d}",
            "correlationid": self.correlation_id,
            "causationid": self.causation_id,
            "traceparent": self.traceparent,
            "actor": self.actor,
        }
        return {name: value for name, value in given.items() if value}

    def structured(self, data_json: bytes | None = None) -> bytes:
        """The record value: one JSON object, attributes beside `data`."""
        data = to_json(self.data) if data_json is None else data_json
        return to_json(self.attributes())[:-1] + b',"data":' + data + b"}"

    def headers(self) -> list[tuple[str, bytes]]:
        """The same attributes as `ce_` headers, for routing without parsing."""
        found = [(f"ce_{name}", value.encode()) for name, value in self.attributes().items()]
        return [("content-type", CONTENT_TYPE.encode()), *found]


def envelope_of(value: bytes | None, headers: Headers) -> Envelope:
    """Reads a record in structured mode (by its content type or shape) or in binary mode.

    Raises `Unreadable` with the reason when it is neither.
    """
    given = {name.lower(): text for name, text in headers}
    content_type = given.get("content-type", b"").decode("latin-1")
    binary = "ce_specversion" in given and not content_type.startswith("application/cloudevents")
    if value is None:
        raise Unreadable("The record has no value.")
    try:
        body = from_json(value)
    except ValueError as error:
        raise Unreadable(f"The value is not JSON: {error}.") from error
    if binary:
        attributes: Mapping[str, Any] = {
            name[3:]: text.decode() for name, text in given.items() if name.startswith("ce_")
        }
        data = body
    elif isinstance(body, dict) and "specversion" in body:
        attributes, data = body, body.get("data")
    else:
        raise Unreadable("Neither a structured CloudEvent nor ce_ headers.")
    missing = [name for name in ("id", "type", "source") if not attributes.get(name)]
    if missing:
        raise Unreadable(f"CloudEvent without {', '.join(missing)}.")
    return _envelope(attributes, data)


def _envelope(attributes: Mapping[str, Any], data: Any) -> Envelope:
    try:
        return Envelope(
            id=UUID(str(attributes["id"])),
            type=str(attributes["type"]),
            source=str(attributes["source"]),
            subject=str(attributes.get("subject", "")),
            time=datetime.fromisoformat(str(attributes["time"])),
            sequence=int(attributes.get("sequence", 0)),
            data=data,
            correlation_id=str(attributes.get("correlationid", "")),
            causation_id=str(attributes.get("causationid", "")),
            traceparent=str(attributes.get("traceparent", "")),
            actor=str(attributes.get("actor", "")),
        )
    except (KeyError, ValueError) as error:
        raise Unreadable(f"An attribute cannot be read: {error}.") from error
