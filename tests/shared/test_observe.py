"""Log lines, traces and numbers."""

import logging
from asyncio import gather, sleep
from collections.abc import Iterator
from decimal import Decimal

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.observe import Metrics, Trace, bind, bound, configure_logs, logger, unbind

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_is_one_json_object_with_the_bound_ids(capsys):
    configure_logs(json=True)
    token = bind(request_id="r-1", trace_id="t-1", caller="ada")
    logger("orders").info("order accepted", lines=2)
    unbind(token)
    logger("orders").info("done")
    first, second = lines(capsys)
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "order accepted",
        "level": "info",
        "logger": "orders",
        "lines": 2,
        "request_id": "r-1",
        "trace_id": "t-1",
        "caller": "ada",
    }
    assert "request_id" not in second


def test_the_standard_library_writes_the_same_lines(capsys):
    configure_logs(json=True)
    token = bind(correlation_id="c-1", causation_id="e-1")
    logging.getLogger("uvicorn.error").warning("port %d is taken", 80)
    unbind(token)
    (line,) = lines(capsys)
    assert line["event"] == "port 80 is taken"
    assert (line["level"], line["logger"]) == ("warning", "uvicorn.error")
    assert (line["correlation_id"], line["causation_id"]) == ("c-1", "e-1")


@pytest.mark.parametrize("log", [logger("kit"), logging.getLogger("kit")])
def test_an_exception_is_told_with_its_traceback(capsys, log):
    configure_logs(json=True)
    try:
        {}["nothing there"]
    except KeyError:
        log.exception("it failed")
    (line,) = lines(capsys)
    assert line["level"] == "error"
    assert line["exception"].endswith("KeyError: 'nothing there'")
    assert "Traceback" in line["exception"]


def test_lines_below_the_level_and_chatter_of_libraries_are_left_out(capsys):
    configure_logs(json=True, level="info")
    logger("kit").debug("too fine")
    logging.getLogger("kit").debug("too fine")
    logging.getLogger("aiokafka.consumer").info("joined group")
    assert lines(capsys) == []


def test_configuring_twice_does_not_write_twice(capsys):
    configure_logs(json=True)
    configure_logs(json=True)
    logging.getLogger("kit").info("once")
    assert len(lines(capsys)) == 1


def test_text_is_for_people(capsys):
    configure_logs(json=False)
    logger("kit").info("relay started", topics=6)
    logging.getLogger("kit").info("ready")
    first, second = capsys.readouterr().err.splitlines()
    assert "relay started" in first
    assert "topics" in first
    assert "ready" in second


@pytest.mark.parametrize("value", [Decimal("19.90"), 2**80, "\ud800", {1: object()}, b"\xff"])
def test_no_value_stops_a_line(capsys, value):
    configure_logs(json=True)
    logger("kit").info("odd", value=value)
    assert lines(capsys)[0]["event"] == "odd"


def test_a_text_with_a_line_end_stays_one_line(capsys):
    configure_logs(json=True)
    logger("kit").info("first\nlevel=error forged")
    assert len(lines(capsys)) == 1


async def test_tasks_do_not_see_each_others_ids():
    async def serve(name: str) -> str:
        bind(request_id=name)
        await sleep(0)
        return bound().request_id

    assert await gather(serve("a"), serve("b")) == ["a", "b"]
    assert bound().request_id == ""


def test_a_given_trace_is_continued_by_a_child():
    trace = Trace.parsed(HEADER)
    child = trace.child()
    assert str(trace) == HEADER
    assert child.trace_id == trace.trace_id
    assert child.span_id != trace.span_id
    assert child.sampled


def test_an_unsampled_trace_stays_so():
    assert str(Trace.parsed(HEADER[:-2] + "00").child()).endswith("-00")


def test_a_later_version_is_read_by_its_first_members():
    given = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings"
    assert str(Trace.parsed(given)) == HEADER


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "nonsense",
        HEADER.upper(),
        HEADER + "-more",
        HEADER + "\n",
        "ff" + HEADER[2:],
        "cc" + HEADER[2:] + "more",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_an_invalid_trace_begins_a_new_one(given):
    trace = Trace.parsed(given)
    assert trace.trace_id != "4bf92f3577b34da6a3ce929d0e0e4736"
    assert Trace.parsed(str(trace)) == trace


@given(st.text())
def test_any_text_gives_a_valid_trace(text):
    trace = Trace.parsed(text)
    assert Trace.parsed(str(trace)) == trace


def test_the_numbers_carry_the_published_names():
    metrics = Metrics("orders", "1.2.3")
    metrics.request("GET", "/o", 200, 0.004)
    metrics.request("BREW", "/o", 405, 0.004)
    metrics.processing.labels("q", "orders").observe(0.1)
    metrics.outbox_pending.set(3)
    metrics.outbox_oldest.set(1.5)
    metrics.outbox_published.inc(7)
    metrics.lag_records.labels("pricing.quote").set(2)
    metrics.lag_seconds.labels("pricing.quote").set(0.5)
    metrics.inbox_duplicates.labels("pricing.quote").inc()
    metrics.dead_letters.labels("pricing.quote", "invalid-content").inc()
    metrics.dead_letters_open.set(1)
    metrics.problems.labels("not-found").inc()
    metrics.jobs.labels("forecast", "running").set(1)
    text = metrics.text().decode().splitlines()
    request = "http_server_request_duration_seconds_count"
    process = "messaging_process_duration_seconds_count"
    method, code = "http_request_method", "http_response_status_code"
    assert {
        f'{request}{{{method}="GET",{code}="200",http_route="/o"}} 1.0',
        f'{request}{{{method}="_OTHER",{code}="405",http_route="/o"}} 1.0',
        f'{process}{{messaging_consumer_group_name="orders",messaging_destination_name="q"}} 1.0',
        "tradepost_outbox_pending 3.0",
        "tradepost_outbox_oldest_seconds 1.5",
        "tradepost_outbox_published_total 7.0",
        'tradepost_consumer_lag_records{topic="pricing.quote"} 2.0',
        'tradepost_consumer_lag_seconds{topic="pricing.quote"} 0.5',
        'tradepost_inbox_duplicates_total{topic="pricing.quote"} 1.0',
        'tradepost_dead_letters_total{cause="invalid-content",topic="pricing.quote"} 1.0',
        "tradepost_dead_letters_open 1.0",
        'tradepost_problems_total{type="not-found"} 1.0',
        'tradepost_jobs{kind="forecast",state="running"} 1.0',
        'tradepost_build_info{service="orders",version="1.2.3"} 1.0',
    } <= set(text)
    assert not [line for line in text if "_created" in line]


def test_services_of_one_process_keep_their_numbers_apart():
    here, there = Metrics("orders"), Metrics("leads")
    here.outbox_published.inc()
    assert "tradepost_outbox_published_total 0.0" in there.text().decode()
