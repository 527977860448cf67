"""Recorded conversations with another model, prompt or policy, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from ultracore.audit import AuditEvent, StreamInfo
from ultracore.audit.store import RecordReader, StoredEvent
from ultracore.audit.verify import BreakFound, Unreadable, verify_lines
from ultracore.errors import AuditUnavailable, ModelAnswerInvalid, ModelUnavailable, OperatorError
from ultracore.whatif.playing import Instead, play, principal_of
from ultracore.whatif.reading import turns_of
from ultracore.whatif.values import ComparedConversation, RecordedConversation

Progress = Callable[[int, int], None]


class _Unusable(Exception):
    """The conversation cannot be played; the message says why, and at which event."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Plays conversations of a record. Nothing is written anywhere, and nothing but the model is asked."""

    reader: RecordReader
    instead: Instead
    model: str

    async def compared(
        self, streams: Sequence[StreamInfo], progress: Progress
    ) -> AsyncIterator[ComparedConversation]:
        """Each conversation in turn; one that cannot be played says so, and the next follows.

        Raises `OperatorError` (`whatif.model`) if the model cannot be asked.
        """
        for number, stream in enumerate(streams):
            progress(number, len(streams))
            yield await self._one(stream)
        progress(len(streams), len(streams))

    async def _one(self, stream: StreamInfo) -> ComparedConversation:
        try:
            found = self._read(stream)
        except _Unusable as error:
            return ComparedConversation(stream.stream_id, 0, unusable=str(error))
        who = principal_of(found)
        try:
            turns = [await play(turn, who, self.instead) for turn in found.turns]
        except ModelUnavailable as error:
            assert not isinstance(error, ModelAnswerInvalid)  # noqa: S101 - it ends the turn, not the run
            raise OperatorError(
                f"The model {self.model} cannot be asked ({error.code}): look at address, name and key.",
                code="whatif.model",
            ) from error
        return ComparedConversation(found.conversation_id, found.messages, tuple(turns))

    def _read(self, stream: StreamInfo) -> RecordedConversation:
        """Raises `_Unusable` for a conversation that is broken, erased, or not a customer's."""
        stored = list(self.reader.of_stream(stream.stream_id))
        _require_whole(stored)
        try:
            events = [self.reader.opened(event) for event in stored]
        except AuditUnavailable as error:
            raise _Unusable(str(error)) from error
        closed = next((event for event in events if _is_closed(event)), None)
        if closed is not None:
            what = "erased" if closed.erased else "sealed under a key that is not here"
            raise _Unusable(f"what was said is {what}, from event {closed.sequence} on")
        if stream.customer_id is None or stream.user_id is None or self._is_of_staff(events):
            raise _Unusable("it is not a customer's: whose tools a member of staff had is not on the record")
        messages, turns = turns_of(events)
        return RecordedConversation(
            stream.stream_id, stream.tenant_id, stream.user_id, stream.customer_id, messages, turns
        )

    def _is_of_staff(self, events: Sequence[AuditEvent]) -> bool:
        """True if the first event is under the key of a member of staff."""
        key = next((event.sealed["key_id"] for event in events if event.sealed), None)
        rows = [] if key is None else self.reader.sealing_keys("key_id = ?", (key,))
        return any(row[1] == "staff" for row in rows)


def _require_whole(stored: Sequence[StoredEvent]) -> None:
    """Raise `_Unusable` naming the place if the chain of a conversation does not hold."""
    try:
        verify_lines(event.published() + b"\n" for event in stored)
    except BreakFound as found:
        raise _Unusable(f"the record does not hold at event {found.sequence}: {found.why}") from found
    except Unreadable as error:
        raise _Unusable(f"the record does not hold at event 1: {error}") from error


def _is_closed(event: AuditEvent) -> bool:
    return event.sealed is not None and (event.erased or event.description is None)
