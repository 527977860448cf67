"""Ratings of answers: a person says that one was helpful or not, and may add a few words."""

from __future__ import annotations

from typing import Final

from ultracore.ai.conversation.care import CareFirst
from ultracore.ai.conversation.openings import Openings
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.screen import AnswerFeedback
from ultracore.audit import AuditEvent, AuditEventType, AuditTrail
from ultracore.audit.masking import mask
from ultracore.audit.store import RecordReader
from ultracore.audit.vocabulary import FeedbackGiven
from ultracore.errors import InvalidInput

LONGEST_COMMENT: Final = 1_000
NO_ANSWER: Final = "Only an answer of Anya's can be rated, and this one was not found. Nothing was changed."
TOO_LONG: Final = f"Please use at most {LONGEST_COMMENT:,} characters. Nothing was changed."


class AnswerRatings:
    """Puts ratings on the record, each with the id of the answer that it is about."""

    def __init__(self, owners: Owners, openings: Openings, care: CareFirst, trail: AuditTrail) -> None:
        self._owners = owners
        self._openings = openings
        self._care = care
        self._trail = trail

    async def rate(self, rating: AnswerFeedback) -> str | None:
        """Record it; the numbers to call if the words are of somebody in need, which are on the record too.

        Raises `InvalidInput` for what is no answer in a conversation of this customer, `SessionEnded`, and
        `Unavailable` if it cannot be recorded.
        """
        principal, _ = await self._owners.owned(rating.login_id, rating.conversation_id)
        comment = rating.comment.strip()
        if len(comment) > LONGEST_COMMENT:
            raise InvalidInput("the comment is too long", code="feedback.too_long", sentence=TOO_LONG)
        answer = None if principal.is_staff else await self._answer(rating)
        if answer is None:
            raise InvalidInput("no such answer", code="feedback.no_answer", sentence=NO_ANSWER)
        agent = str((answer.metadata or {}).get("agent", "Anya"))
        log = self._openings.log(principal, rating.conversation_id, rating.connection)
        await log.required(
            FeedbackGiven(rating=rating.rating, rated=answer.event_id, agent=agent, comment=comment or None)
        )
        care = await self._care.look(rating.conversation_id, comment) if comment else None
        if care is None:
            return None
        await self._care.written(care, log)
        return care.text

    async def _answer(self, rating: AnswerFeedback) -> AuditEvent | None:
        """The answer with this text; of two with the same text the one that began nearest to what was shown."""
        store = await self._trail.store()
        found = await store.read(lambda reader: _with_text(reader, rating.conversation_id, mask(rating.text)))
        return min(found, key=lambda one: abs(one.timestamp - rating.shown_at), default=None)


def _with_text(reader: RecordReader, conversation_id: str, text: str) -> list[AuditEvent]:
    types = frozenset({AuditEventType.ASSISTANT_MESSAGE})
    events = (reader.opened(stored) for stored in reader.of_streams([conversation_id], types))
    return [event for event in events if _is_answer(event, text)]


def _is_answer(event: AuditEvent, text: str) -> bool:
    told = event.metadata or {}
    # What a page keeps of a very long answer is its beginning.
    said = str(told.get("text", ""))
    return told.get("kind") == "answer" and bool(text) and said[: len(text)] == text
