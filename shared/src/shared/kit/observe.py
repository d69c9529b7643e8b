"""What a process says of itself while it runs: log lines with their ids, traces, numbers.

One line of JSON per fact (readable text on a terminal), the standard library's loggers through the
same way. Traces follow W3C Trace Context; no tracing library is needed to carry them.
"""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from json import dumps
from typing import Any, Self

import orjson
import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from structlog.typing import FilteringBoundLogger, Processor
from typing_extensions import override

Line = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bound:
    """The ids that every line of the present request or event carries; empty ones are absent."""

    request_id: str = ""
    trace_id: str = ""
    correlation_id: str = ""
    causation_id: str = ""
    caller: str = ""


_NOTHING = Bound()
_NAMES = tuple(field.name for field in fields(Bound))
_bound: ContextVar[Bound] = ContextVar("bound", default=_NOTHING)


def bound() -> Bound:
    """The ids bound in this task."""
    return _bound.get()


def bind(**ids: str) -> Token[Bound]:
    """Adds ids to this task's lines; hand the answer to `unbind` when done."""
    return _bound.set(replace(_bound.get(), **ids))


def unbind(token: Token[Bound]) -> None:
    _bound.reset(token)


_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace. `str()` gives the `traceparent` header.

    Source: W3C Trace Context, version 00; a later version is read by its first four members.
    """

    trace_id: str
    span_id: str
    sampled: bool = True

    @classmethod
    def begun(cls) -> Self:
        return cls(os.urandom(16).hex(), os.urandom(8).hex())

    @classmethod
    def parsed(cls, traceparent: str | None) -> Self:
        """The place named by the header; a new trace when there is none or it is invalid."""
        match = _TRACEPARENT.fullmatch(traceparent or "")
        if match is None:
            return cls.begun()
        version, trace_id, span_id, flags, more = match.groups()
        if version == "ff" or (version == "00" and more):
            return cls.begun()
        if not trace_id.strip("0") or not span_id.strip("0"):
            return cls.begun()
        return cls(trace_id, span_id, bool(int(flags, 16) & _SAMPLED))

    def child(self) -> Self:
        """The next step of the same trace."""
        return replace(self, span_id=os.urandom(8).hex())

    @override
    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


def configure_logs(*, json: bool, level: str = "INFO") -> None:
    """Sends every line of this process to standard error. May be called again.

    Start uvicorn with `log_config=None`, or it puts its own formatter in place.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    last = _json_line if json else _text_renderer()
    structlog.configure(
        processors=[structlog.processors.add_log_level, _add_name, *_ON_EVERY_LINE, last],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_StandardError,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, _SameWay):
            root.removeHandler(handler)
    root.addHandler(_SameWay([*_ON_EVERY_LINE, last]))
    root.setLevel(number)
    for name, lowest in _QUIETER.items():
        logging.getLogger(name).setLevel(max(number, lowest))


def logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines say where they come from."""
    found: FilteringBoundLogger = structlog.get_logger(name)
    return found


# These tell at INFO what our own request and event lines tell better.
_QUIETER = {
    "aiokafka": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


def _add_name(source: Any, _method: str, line: Line) -> Line:
    line["logger"] = source.name
    return line


def _add_ids(_logger: Any, _method: str, line: Line) -> Line:
    ids = _bound.get()
    if ids is not _NOTHING:
        for name in _NAMES:
            value = getattr(ids, name)
            if value:
                line.setdefault(name, value)
    return line


def _add_time(_logger: Any, _method: str, line: Line) -> Line:
    now = datetime.now(UTC)  # the machine's time, also in a sandbox: lines tell what happened here
    line["timestamp"] = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return line


_ON_EVERY_LINE: list[Processor] = [_add_ids, _add_time, structlog.processors.format_exc_info]


def _json_line(_logger: Any, _method: str, line: Line) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except (TypeError, ValueError):  # an integer beyond 64 bits, half a surrogate pair
        named = {str(name): value for name, value in line.items()}
        return dumps(named, default=str, ensure_ascii=False).encode("utf-8", "replace").decode()


def _text_renderer() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


class _StandardError:
    """Writes a whole line at once to whatever standard error is now."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, message: str) -> None:
        sys.stderr.write(message + "\n")

    debug = info = warning = error = critical = exception = log = msg


class _SameWay(logging.Handler):
    """Leads records of the standard library through the same processors."""

    def __init__(self, processors: list[Processor]) -> None:
        super().__init__()
        self._processors = processors

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            line: Any = {
                "event": record.getMessage(),
                "level": record.levelname.lower(),
                "logger": record.name,
            }
            if record.exc_info:
                line["exc_info"] = record.exc_info
            for processor in self._processors:
                line = processor(None, record.levelname.lower(), line)
            sys.stderr.write(f"{line}\n")
        except Exception:  # noqa: BLE001  # the library's own rule: a log line never ends a program
            self.handleError(record)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The numbers of one service, in a registry of its own: six services may share a process.

    Names are those of OpenTelemetry's conventions in Prometheus form, ours begin with `tradepost_`.
    Label values are bounded: routes as templates, topics as declared, never what a caller sent.
    """

    def __init__(self, service: str, version: str = "0") -> None:
        # Else every counter gets a second series that nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it so
        self.registry = own = CollectorRegistry()
        self._requests = Histogram(
            "http_server_request_duration_seconds",
            "Time to answer a request.",
            ["http_request_method", "http_route", "http_response_status_code"],
            buckets=_SECONDS,
            registry=own,
        )
        self.processing = Histogram(
            "messaging_process_duration_seconds",
            "Time to apply a batch of events.",
            ["messaging_destination_name", "messaging_consumer_group_name"],
            buckets=_SECONDS,
            registry=own,
        )
        self.outbox_pending = Gauge(
            "tradepost_outbox_pending", "Events committed and not yet published.", registry=own
        )
        self.outbox_oldest = Gauge(
            "tradepost_outbox_oldest_seconds", "Age of the oldest of them.", registry=own
        )
        self.outbox_published = Counter(
            "tradepost_outbox_published_total", "Events published.", registry=own
        )
        self.lag_records = Gauge(
            "tradepost_consumer_lag_records", "Records not yet applied.", ["topic"], registry=own
        )
        self.lag_seconds = Gauge(
            "tradepost_consumer_lag_seconds", "Age of the oldest of them.", ["topic"], registry=own
        )
        self.inbox_duplicates = Counter(
            "tradepost_inbox_duplicates_total",
            "Events delivered again and dropped.",
            ["topic"],
            registry=own,
        )
        self.dead_letters = Counter(
            "tradepost_dead_letters_total",
            "Events set aside.",
            ["topic", "cause"],
            registry=own,
        )
        self.dead_letters_open = Gauge(
            "tradepost_dead_letters_open", "Events set aside and not yet dealt with.", registry=own
        )
        self.problems = Counter(
            "tradepost_problems_total", "Answers of 400 and above by type.", ["type"], registry=own
        )
        self.jobs = Gauge(
            "tradepost_jobs", "Jobs by kind and state.", ["kind", "state"], registry=own
        )
        Gauge("tradepost_build_info", "Always 1.", ["service", "version"], registry=own).labels(
            service, version
        ).set(1)

    def request(self, method: str, route: str, status_code: int, seconds: float) -> None:
        """An answered request. `route` is its template; a method nobody knows counts as _OTHER."""
        known = method if method in _METHODS else "_OTHER"
        self._requests.labels(known, route, status_code).observe(seconds)

    def text(self) -> bytes:
        """What `/metrics` answers, in Prometheus' text format."""
        return generate_latest(self.registry)
