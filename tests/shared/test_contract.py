"""CloudEvents: both modes are read, and another library reads what we write."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from hypothesis import given
from hypothesis import strategies as st

from shared.events.contract import Envelope, Event, Unreadable, envelope_of


def _envelope(data: object = None, **how: object) -> Envelope:
    given_values = {
        "id": uuid4(), "type": "orders.order.placed.v1", "source": "/orders", "subject": "k-1",
        "time": datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "sequence": 7, "data": data,
        "correlation_id": "story", "actor": "ann", **how,
    }  # fmt: skip
    return Envelope(**given_values)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_what_is_written_is_read(data: object) -> None:
    envelope = _envelope(data)

    assert envelope_of(envelope.structured(), envelope.headers()) == envelope
    assert envelope_of(envelope.structured(), ()) == envelope


def test_binary_mode_is_read_too() -> None:
    envelope = _envelope({"a": 1})
    headers = [(n, v) for n, v in envelope.headers() if n != "content-type"]

    found = envelope_of(b'{"a": 1}', [*headers, ("content-type", b"application/json")])

    assert found == envelope


def test_another_library_reads_it() -> None:
    envelope = _envelope({"a": 1})
    message = KafkaMessage(
        headers=dict(envelope.headers()), key=b"k-1", value=envelope.structured()
    )

    event = from_structured_event(message, JSONFormat())

    assert (event.get_id(), event.get_type()) == (str(envelope.id), envelope.type)
    assert event.get_data() == {"a": 1}
    assert event.get_extension("sequence") == "00000000000000000007"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "no value"),
        (b"\xff", "not JSON"),
        (b"[]", "Neither"),
        (b'{"specversion": "1.0"}', "without id"),
    ],
)
def test_what_is_no_event_is_unreadable_with_its_reason(value: bytes | None, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        envelope_of(value, ())


def test_a_contract_says_what_it_is_or_is_refused() -> None:
    with pytest.raises(TypeError, match="is not <service>"):

        class Nameless(Event, type="orders.placed", key="x"):
            x: int

    with pytest.raises(TypeError, match="not one of its members"):

        class Keyless(Event, type="orders.order.placed.v1", key="y"):
            x: int
