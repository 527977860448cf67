"""Which messages are taken up: not too many, not too long, with something to read in them."""

from __future__ import annotations

from ultracore.ai import sentences as wording
from ultracore.ai.conversation.intake import read_message
from ultracore.ai.conversation.split_cards import SplitCards
from ultracore.ai.open_turn import OpenTurn
from ultracore.audit.vocabulary import GuardrailTriggered, RateLimitExceeded, TurnFailed, UserMessage
from ultracore.cache import RateLimiter
from ultracore.errors import InvalidInput, RateLimited, UltracoreError
from ultracore.languages import told
from ultracore.wording import call_link, dead_end

MINUTE = 60.0


class Admission:
    """Takes messages up, `per_minute` of one person at most. A person answers at `phone`."""

    def __init__(self, limiter: RateLimiter, per_minute: int, phone: str) -> None:
        self._limiter = limiter
        self._per_minute = per_minute
        self._phone = phone
        # Here, because every message passes here once: looked at twice, a piece would be put together with
        # itself.
        self._split_cards = SplitCards()

    async def admit(self, turn: OpenTurn) -> str | None:
        """The message's text, masked; or `None` if it is refused, which has been told and recorded then."""
        limit = self._per_minute
        # By person and not by conversation or socket, of which somebody can open as many as they like.
        person = f"messages:{turn.principal.tenant_id}:{turn.principal.user_id}"
        decision = await self._limiter.hit(person, limit, MINUTE)
        if not decision.allowed:
            wait = round(decision.retry_after, 1)
            await turn.log.best_effort(RateLimitExceeded(limit=limit, retry_after=wait))
            sentence = wording.too_many(wait, turn.language)
            await turn.view.hold(dead_end(sentence, call_link(self._phone), turn.language), wait)
            return None
        try:
            turn.said = self._split_cards.masked(turn.conversation_id, read_message(turn.inbound.text))
            return turn.said
        except InvalidInput as error:
            reason = error.code
            await turn.log.best_effort(GuardrailTriggered(reason=reason))
            await turn.view.message(told(error.sentence, turn.language), kind="notice")
            return None


async def record_not_begun(turn: OpenTurn, error: UltracoreError) -> None:
    """Record a message that got no turn: what was said, and that it was not answered.

    Does nothing if the turn had begun: it has left its own ending on the record.
    """
    if turn.begun:
        return
    reason = error.code
    # The words of a message that found no place in the queue are not written: a flood must not fill the record.
    if isinstance(error, RateLimited):
        await turn.log.best_effort(GuardrailTriggered(reason=reason))
        return
    # If the error came before `admit`, the text is still raw; the record masks what it is given.
    await turn.log.best_effort(UserMessage(turn.said or turn.inbound.text))
    await turn.log.best_effort(TurnFailed(reason=reason))
