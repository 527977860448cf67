"""What is sent to an endpoint beside messages and tools, and what its refusals teach us to leave out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ultracore.audit.masking import mask

MAX_REASON: Final = 200
_TOO_LARGE = re.compile(
    r"context[ _](length|window|size)|maximum context|(prompt|input) is too long|too many (input )?tokens"
    r"|input token count|request too large|reduce the length",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What an operator asks of a model. None is not sent, so that the endpoint's own default holds.

    `headers` go with every request. `max_tokens` bounds one answer.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The part of a request's body that this is."""
        asked = {
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "reasoning_effort": self.reasoning_effort,
        }
        return {name: value for name, value in asked.items() if value is not None}


class OurDefault(float):
    """A number that only our own default has set: a request may be repeated without it."""

    __slots__ = ()


class OurBound(int):
    """A bound that only our own default has set: a request may be repeated without it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP error of an endpoint. `reason` is its own sentence, masked, on one line and cut: for operators."""

    status: int
    code: str
    parameter: str
    reason: str

    @classmethod
    def read(cls, status: int, body: object) -> Refusal:
        """From the decoded body, which may be anything. The SDK hands over what lies under `error`."""
        error = body if isinstance(body, Mapping) else {}
        nested = error.get("error")
        error = nested if isinstance(nested, Mapping) else error
        message = error.get("message") or error.get("detail") or (nested if isinstance(nested, str) else "")
        # Cut before masking as well: an endpoint may send back the whole request, and masking costs by length.
        reason = " ".join(mask(str(message)[: 4 * MAX_REASON]).split())[:MAX_REASON]
        return cls(status, str(error.get("code") or ""), str(error.get("param") or ""), reason)

    @property
    def is_too_large(self) -> bool:
        """True when the request is refused for its size alone: with less it may be taken."""
        if self.status == 413 or self.code == "context_length_exceeded":
            return True
        return self.status in (400, 422) and _TOO_LARGE.search(self.reason) is not None

    @property
    def is_of_form(self) -> bool:
        """True when the endpoint did not take the request as it was written."""
        return self.status in (400, 422)

    @property
    def is_ours_to_mend(self) -> bool:
        """True when an operator has to change a setting before any request is taken."""
        return 400 <= self.status < 500 and self.status not in (408, 409, 429) and not self.is_too_large

    def told(self, *, key: str, said: Iterable[str]) -> str:
        """The reason for a log line: without our key, and without what it quotes of the conversation (`said`).

        Endpoints repeat the offending part of a request in their errors, and that may be what a customer wrote.
        """
        text = self.reason.replace(key, "[key]") if key else self.reason
        known = {run for content in said for run in _runs(content.split())}
        words = text.split()
        quoted = {at + step for at, run in enumerate(_runs(words)) if run in known for step in range(_RUN)}
        return " ".join("…" if at in quoted else word for at, word in enumerate(words))

    def names(self, parameter: str) -> bool:
        """True when it is this parameter that the endpoint does not take."""
        return self.parameter == parameter or re.search(rf"\b{parameter}\b", self.reason) is not None


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    bare = [word.strip(_MARKS).lower() for word in words]
    return (tuple(bare[at : at + _RUN]) for at in range(len(bare) - _RUN + 1))


# Single words are in every sentence; two in a row that stand in the conversation are a quotation.
_RUN = 2
_MARKS = "\"'`“”.,:;!?()[]{}"


class Habits:
    """What an endpoint does not take, learned from its refusals, so that a client meets each of them once."""

    def __init__(self) -> None:
        self._left_out: set[str] = set()
        self._renamed: dict[str, str] = {}

    def applied(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request as this endpoint takes it. What an operator or a caller has set themselves stays."""
        kept = {name: value for name, value in request.items() if not self._leaves_out(name, value)}
        return {self._renamed.get(name, name): value for name, value in kept.items()}

    def learn(self, request: Mapping[str, Any], refusal: Refusal) -> bool:
        """True when the refusal named something that we can leave out or say otherwise, and from now on do."""
        if "max_tokens" in request and "max_tokens" not in self._renamed and refusal.names("max_tokens"):
            # Newer models of OpenAI take the bound by another name and say so; leaving it out would lift the
            # bound.
            if "max_completion_tokens" in refusal.reason:
                self._renamed["max_tokens"] = "max_completion_tokens"
                return True
        for name, value in request.items():
            if _is_ours(name, value) and name not in self._left_out and refusal.names(name):
                self._left_out.add(name)
                return True
        return False

    def _leaves_out(self, name: str, value: object) -> bool:
        return name in self._left_out and _is_ours(name, value)


def _is_ours(name: str, value: object) -> bool:
    # A type and not a comparison: an operator may set the same number, and what they set is never dropped.
    return name == "stream_options" or isinstance(value, OurDefault | OurBound)
