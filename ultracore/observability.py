"""What operators see: log lines with the turn's reference and without anybody's secrets, and the numbers.

Every package may import this module, so it imports none of them. The composition root hands to
`install_redaction` what counts as a secret.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from numbers import Number
from typing import Any, Final, TextIO

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Redact = Callable[[str], str]

NO_TURN: Final = "-"
_reference: ContextVar[str] = ContextVar("turn_reference", default=NO_TURN)
_PLAIN: Final = (Number, type(None))
# Its formatter wants five arguments, so a line of it is redacted argument by argument only.
_BY_ARGUMENTS: Final = "uvicorn.access"
_TEXT: Final = "%(asctime)s %(levelname)s %(name)s [%(turn)s] %(message)s"
_WITH_OWN_HANDLERS: Final = ("uvicorn", "uvicorn.error", "uvicorn.access")
_KNOWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "turn"}
# Prometheus's own end at ten seconds, and an answer may take a minute.
_MODEL_BUCKETS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@contextmanager
def turn_reference(reference: str) -> Iterator[None]:
    """Log lines from here on, and from tasks that are started in here, carry this turn's reference."""
    token = _reference.set(reference)
    try:
        yield
    finally:
        _reference.reset(token)


def current_reference() -> str | None:
    """The reference under which this code runs, if somebody began a turn or a request."""
    reference = _reference.get()
    return None if reference == NO_TURN else reference


class _RedactingRecord(logging.LogRecord):
    """A record that holds no secret, whichever handler, of whichever library, writes it."""

    redact: Redact = staticmethod(lambda text: text)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turn = _reference.get()
        # Arguments as well as the whole line: handlers of other libraries format them by themselves.
        self.args = self._clean_arguments()
        if self.name != _BY_ARGUMENTS:
            said = self.getMessage()
            clean = self.redact(said)
            if clean != said:
                self.msg, self.args = clean, None
        if self.exc_info and self.exc_info[1] is not None:
            # Formatters take this text instead of making their own from the exception.
            self.exc_text = self.redact("".join(traceback.format_exception(self.exc_info[1])).rstrip())

    def _clean_arguments(self) -> Any:
        if isinstance(self.args, dict):
            return {name: self._clean(value) for name, value in self.args.items()}
        return tuple(self._clean(value) for value in self.args or ())

    def _clean(self, value: object) -> object:
        return value if isinstance(value, _PLAIN) else self.redact(str(value))


def install_redaction(redact: Redact) -> None:
    """From now on every log record of this process is redacted when it is made. Idempotent."""

    class Record(_RedactingRecord):
        pass

    Record.redact = staticmethod(redact)
    # A record is redacted when it is made; a filter on a handler would miss every other handler.
    logging.setLogRecordFactory(Record)


class JsonLines(logging.Formatter):
    """One JSON object a line: `time level logger turn message`, what the caller added, and `error`."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """The line. What the caller added under `extra` is redacted here."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "turn": getattr(record, "turn", NO_TURN),
            "message": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in _KNOWN:
                # Numbers stay numbers, to be counted; everything else may hold a person's words.
                line[name] = value if isinstance(value, int | float | None) else self._redact(str(value))
        if record.exc_text:
            line["error"] = record.exc_text
        return json.dumps(line, ensure_ascii=False)


def configure_logging(
    redact: Redact, *, as_json: bool = True, level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Log lines to `stream` (standard error), redacted, as JSON or as text. For entry points.

    Replaces the root's handlers, and the server's own, whose lines would look otherwise.
    """
    install_redaction(redact)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(redact) if as_json else logging.Formatter(_TEXT, defaults={"turn": NO_TURN}))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _WITH_OWN_HANDLERS:
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True


class Metrics(Collector):
    """The numbers of one open app. No label holds anything of a person, nor a word that a model chose.

    Each app has its own, so that a second one in the same process counts for itself.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        kept: dict[str, Any] = {"registry": self._registry}
        self.turns = Counter("ultracore_turns", "Turns by how they ended", ["outcome"], **kept)
        self.tool_calls = Counter(
            "ultracore_tool_calls", "Tool calls by tool and how they ended", ["tool", "decision"], **kept
        )
        self.approved_calls = Counter(
            "ultracore_approved_calls",
            "Tools that a button carried out, by tool and result",
            ["tool", "result"],
            **kept,
        )
        self.refused_presses = Counter(
            "ultracore_refused_presses", "Presses of buttons that were refused, by code", ["code"], **kept
        )
        self.append_seconds = Histogram(
            "ultracore_audit_append_seconds_per_turn", "Time that a turn waited for the record", **kept
        )
        self.model_first_seconds = Histogram(
            "ultracore_model_first_seconds", "Time to the model's first word", buckets=_MODEL_BUCKETS, **kept
        )
        self.model_seconds = Histogram(
            "ultracore_model_seconds", "Time of a whole model answer", buckets=_MODEL_BUCKETS, **kept
        )
        spent = ("model", "agent", "tenant")
        self.model_tokens = Counter("ultracore_model_tokens", "Tokens that models were paid for", spent, **kept)
        self.model_cost = Counter(
            "ultracore_model_cost_dollars", "What these are estimated to cost", spent, **kept
        )
        self.model_fallbacks = Counter(
            "ultracore_model_fallbacks", "Answers that the fallback model was asked for", **kept
        )
        self._count_relay(kept)
        self._count_index(kept)

    def _count_relay(self, kept: dict[str, Any]) -> None:
        self.relay_lag = Gauge("ultracore_relay_lag_events", "Events that Kafka has not acknowledged", **kept)
        self.relay_lag_seconds = Gauge(
            "ultracore_relay_lag_seconds", "Age of the oldest event that Kafka has not acknowledged", **kept
        )
        self.relay_published = Counter(
            "ultracore_relay_published", "Messages that Kafka acknowledged to this process", **kept
        )
        self.relay_errors = Counter(
            "ultracore_relay_errors", "Connections to Kafka that failed or were lost", **kept
        )
        self.relay_topics_anew = Counter(
            "ultracore_relay_topics_anew",
            "Topics that were found empty although they had been written to, and are filled again from the store",
            **kept,
        )
        self.relay_oversized = Counter(
            "ultracore_relay_oversized",
            "Events too large for the topic, published as their place in the chain",
            **kept,
        )
        self.relay_connected = Gauge(
            "ultracore_relay_connected", "1 in the process that publishes, while it is connected", **kept
        )

    def _count_index(self, kept: dict[str, Any]) -> None:
        self.index_lag_events = Gauge(
            "ultracore_index_lag_events", "Events that the audit index has not applied", **kept
        )
        self.index_lag_seconds = Gauge(
            "ultracore_index_lag_seconds", "Age of the oldest event that the audit index has not applied", **kept
        )
        self.index_alarms = Gauge("ultracore_index_alarms", "Events that the audit index refused", **kept)

    def collect(self) -> Iterable[Metric]:
        """Every metric as it stands."""
        return self._registry.collect()

    def describe(self) -> Iterable[Metric]:
        """Nothing in advance: several apps of one process may be registered side by side."""
        return []
