"""One admitted message: record it, route it, let the agent answer, and leave a record whichever way it ends."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ultracore.ai import sentences as wording
from ultracore.ai.agents import (
    Routing,
    TurnProgress,
    TurnRequest,
    Unclear,
    close_segment,
    system_prompt,
)
from ultracore.ai.conversation.care import CareFirst
from ultracore.ai.conversation.desks import Desks, within
from ultracore.ai.conversation.intake import read_message
from ultracore.ai.conversation.split_cards import SplitCards
from ultracore.ai.faults import faults_told
from ultracore.ai.parts import OpenTurn, Options, Parts
from ultracore.ai.presses import CORRECTION, VOIDED, Presses
from ultracore.ai.profiles import AgentProfile, profile_for_domain
from ultracore.ai.screen import Choice
from ultracore.ai.staff import told_to_model
from ultracore.ai.tools import CallContext, ParsedCall, ToolOutcome
from ultracore.ai.tools.toolset import hand_over
from ultracore.audit.vocabulary import (
    ConversationRouted,
    GuardrailTriggered,
    HandoffRequested,
    RateLimitExceeded,
    TurnFailed,
    TurnStopped,
    UserMessage,
)
from ultracore.errors import (
    InvalidInput,
    ModelAnswerInvalid,
    ModelUnavailable,
    RateLimited,
    SessionEnded,
    UltracoreError,
    Unavailable,
)
from ultracore.principal import Principal
from ultracore.wording import apology

logger = logging.getLogger(__name__)

MINUTE = 60.0
MAX_HANDOVERS = 3
HAND_OVER = hand_over.name
MAX_UNCLEAR = 10_000
CARD_SHOWN = "I have shown a card; only its button decides."


class _RegistryPort:
    """The registry, for one turn of one agent."""

    def __init__(self, turn: OpenTurn, context: CallContext, parts: Parts) -> None:
        self._turn = turn
        self._context = context
        self._parts = parts

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """Run one call on the conversation's authority; the turn knows of it until it has ended."""
        registry = self._parts.registry
        self._turn.calling = self._parts.tasks.start(registry.call(call, self._context))
        outcome = await asyncio.shield(self._turn.calling)
        known = any(tool.name == call.name for tool in registry.tools)
        self._parts.metrics.tool_calls.labels(call.name if known else "unknown", outcome.status).inc()
        return outcome


class Turns:
    """Runs turns. One at a time in a conversation is the caller's business."""

    def __init__(self, parts: Parts, options: Options, presses: Presses, care: CareFirst) -> None:
        self._parts = parts
        self._care = care
        self._options = options
        self._presses = presses
        self._desks = Desks(parts, options, presses)
        self._unclear: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._split_cards = SplitCards()

    def starters(self, principal: Principal) -> tuple[str, ...]:
        """What a customer is offered to begin with: the starters of the agents whom they may talk to."""
        return tuple(text for profile in self._desks.agents_of(principal) for text in profile.starters)

    async def admit(self, turn: OpenTurn) -> str | None:
        """The message's text, masked; or `None` where it is refused, which has been told and recorded then."""
        limit = self._options.messages_per_minute
        person = f"messages:{turn.principal.tenant_id}:{turn.principal.user_id}"
        decision = await self._parts.limiter.hit(person, limit, MINUTE)
        if not decision.allowed:
            wait = round(decision.retry_after, 1)
            await turn.log.best_effort(RateLimitExceeded(limit=limit, retry_after=wait))
            await turn.view.message(wording.too_many(wait), kind="notice")
            return None
        try:
            turn.said = self._split_cards.masked(turn.conversation_id, read_message(turn.inbound.text))
            return turn.said
        except InvalidInput as error:
            reason = error.code
            await turn.log.best_effort(GuardrailTriggered(reason=reason))
            await turn.view.message(error.sentence, kind="notice")
            return None

    async def not_begun(self, turn: OpenTurn, error: UltracoreError) -> None:
        """An admitted message that got no turn: what was said, and that nobody answered, is on the record.

        Nothing where the turn had begun: it has left its own ending there.
        """
        if turn.begun:
            return
        reason = error.code
        if isinstance(error, RateLimited):
            await turn.log.best_effort(GuardrailTriggered(reason=reason))
            return
        await turn.log.best_effort(UserMessage(turn.said or turn.inbound.text))
        await turn.log.best_effort(TurnFailed(reason=reason))

    async def ended_early(self, turn: OpenTurn, text: str, *, by_person: bool) -> None:
        """The turn of a message that was taken up ended before it began: it is recorded and told all the same."""
        await turn.log.best_effort(UserMessage(text))
        await (self._stopped if by_person else self._interrupted)(turn, TurnProgress())

    async def run(
        self, turn: OpenTurn, text: str, *, stopped: Callable[[], bool], routing: Routing | None = None
    ) -> None:
        """Answer the message. Raises only `CancelledError`; `stopped` says whether it is the person's own Stop.

        `routing` is the person's own choice, where the message waited for one and is on the record already; then
        the choice is what the record gets.
        """
        progress = TurnProgress()
        turn.begun = True
        outcome = "answered"
        try:
            with faults_told():
                said = text if routing is None else routing.profile.domain
                await turn.log.required_for_staff(UserMessage(said))
                taken = await self._cared_for(turn) or (routing is None and await self._desks.take(turn, text))
                profile = None if taken else await self._route(turn, text, routing)
                if profile is not None:
                    await self._answer(turn, text, profile, progress)
        except asyncio.CancelledError:
            by_person = stopped()
            ending = self._stopped if by_person else self._interrupted
            await self._parts.tasks.run(ending(turn, progress))
            self._count(turn, "stopped" if by_person else "interrupted")
            raise
        except UltracoreError as error:
            outcome = "failed"
            await self._failed(turn, progress, error)
        await self._parts.tasks.run(self._finish(turn, progress))
        self._count(turn, "waiting" if progress.waiting else outcome)

    async def _cared_for(self, turn: OpenTurn) -> bool:
        """Record what somebody in need was told. True if nothing else is to be said.

        A card that a turn before this one has opened meanwhile is withdrawn as well.
        """
        await self._care.record(turn)
        await self._care.stop_payment(turn)
        return turn.care is not None and turn.care.ends_turn

    def _count(self, turn: OpenTurn, outcome: str) -> None:
        self._parts.metrics.turns.labels(outcome).inc()
        self._parts.metrics.append_seconds.observe(turn.log.seconds)

    def waiting_text(self, conversation_id: str, login_id: str) -> str | None:
        """Take the message of this login that waits for a choice."""
        asked_by, text = self._unclear.get(conversation_id, (None, None))
        if asked_by != login_id:
            return None
        del self._unclear[conversation_id]
        return text

    async def _route(self, turn: OpenTurn, text: str, routing: Routing | None) -> AgentProfile | None:
        """The agent that answers, or `None` where the message has been answered, or asked back, without one."""
        desk = self._desks.agents_of(turn.principal)
        found = routing or self._parts.receptionist.route(text, turn.agent, desk)
        self._unclear.pop(turn.conversation_id, None)
        if isinstance(found, Unclear):
            await self._ask_back(turn, text, found)
            return None
        if not within(found.profile, desk):
            await self._desks.refuse_agent(turn, found.profile)
            return None
        await self._follow(turn, found)
        return found.profile

    async def _ask_back(self, turn: OpenTurn, text: str, found: Unclear) -> None:
        self._unclear[turn.conversation_id] = (turn.inbound.login_id, text)
        if len(self._unclear) > MAX_UNCLEAR:
            self._unclear.popitem(last=False)
        choices = [Choice(profile.domain, profile.domain) for profile in found.candidates]
        await turn.view.choose(wording.UNCLEAR, choices)

    async def _follow(self, turn: OpenTurn, routing: Routing) -> None:
        domain, source = routing.profile.domain, routing.source
        label, score = routing.label, routing.score
        if routing.first:
            await turn.log.required_for_staff(ConversationRouted(label=label, agent=domain, score=score))
        elif source is not None:
            await turn.log.required_for_staff(
                HandoffRequested(source=source, target=domain, reason="subject.changed", score=score)
            )
        await turn.view.agent(domain)
        if routing.first or source is not None:
            await self._parts.conversations.set_agent(turn.conversation_id, domain)
            await turn.view.message(wording.agent_line(domain, source), kind="handoff")

    async def _answer(self, turn: OpenTurn, text: str, profile: AgentProfile, progress: TurnProgress) -> None:
        """Let the agent answer; where its model hands over, let the next one, `MAX_HANDOVERS` times at most."""
        history = await self._parts.conversations.history(turn.conversation_id)
        asked: str | None = text
        for handed in range(MAX_HANDOVERS + 1):
            before = len(progress.outcomes)
            await self._ask(turn, asked, profile, progress, history, last=handed == MAX_HANDOVERS)
            target = _handed_to(progress.outcomes[before:])
            if target is None:
                return
            asked, profile = None, await self._hand_over(turn, profile, target)

    async def _hand_over(self, turn: OpenTurn, source: AgentProfile, target: AgentProfile) -> AgentProfile:
        await turn.log.required_for_staff(
            HandoffRequested(source=source.domain, target=target.domain, reason="model.requested", score=None)
        )
        await turn.view.agent(target.domain)
        await self._parts.conversations.set_agent(turn.conversation_id, target.domain)
        await turn.view.message(wording.agent_line(target.domain, source.domain), kind="handoff")
        return target

    async def _ask(
        self,
        turn: OpenTurn,
        text: str | None,
        profile: AgentProfile,
        progress: TurnProgress,
        history: list[dict[str, Any]],
        *,
        last: bool,
    ) -> None:
        parts = self._parts
        prompt, tools = profile.prompt, parts.registry.for_agent(profile.domain, turn.principal)
        if turn.principal.is_staff:
            prompt = f"{prompt} {told_to_model(turn.principal, turn.working_for)}"
        request = TurnRequest(
            system=system_prompt(profile.domain, prompt, tools, self._options.support_phone),
            history=history,
            text=text,
            tools=parts.registry.schemas(profile.domain, turn.principal),
            ends_with=frozenset({HAND_OVER}),
        )
        context = CallContext(
            principal=lambda: self._principal(turn),
            agent=profile.domain,
            conversation_id=turn.conversation_id,
            log=turn.log,
            connection=turn.inbound.connection,
            working_for=turn.working_for,
            withheld={HAND_OVER: "handoff.too_many"} if last else {},
            withdraw=lambda: self._presses.void(turn.principal, turn.conversation_id, reason=CORRECTION),
        )
        await parts.runner.run(request, _RegistryPort(turn, context, parts), turn.view, progress)

    async def _principal(self, turn: OpenTurn) -> Principal:
        """The principal, read again: a login that was revoked since the turn began has no authority left."""
        principal = await self._parts.logins.get(turn.inbound.login_id)
        if principal is None:
            raise SessionEnded("the login session has ended")
        return principal

    async def _stopped(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """The person pressed Stop: what was seen stays seen, and the record says so."""
        turn.view.interrupted()
        await close_segment(turn.view, progress)
        await self._withdraw(turn, progress)
        await turn.log.best_effort(TurnStopped())
        await turn.view.message(wording.STOPPED, kind="notice")
        await self._keep_history(turn, progress, wording.STOPPED)

    async def _withdraw(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """A call that was running at the Stop goes on to its end, which is shown; a card that it opens is void."""
        if turn.calling is None:
            return
        await asyncio.wait([turn.calling])
        try:
            await self._presses.void(turn.principal, turn.conversation_id, reason="turn.stopped")
        except UltracoreError as error:
            logger.warning("a proposal is left to expire after a stop: %s", error.code)
        if turn.calling.cancelled() or turn.calling.exception() is not None:
            return
        outcome = turn.calling.result()
        # A card may have been drawn or not when the Stop came: drawn again, it takes the place of the first.
        if outcome.card is not None or all(shown is not outcome for _, shown in progress.outcomes):
            await self._show_end(turn, outcome)

    async def _show_end(self, turn: OpenTurn, outcome: ToolOutcome) -> None:
        await turn.view.step(outcome.step)
        if outcome.card is not None:
            await turn.view.card(outcome.card)
            await turn.view.card_closed("void", VOIDED, proposal=outcome.card.proposal_id)

    async def _interrupted(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """The turn was ended by us: the app stops, or the conversation's turn was lost."""
        error = Unavailable("the turn was interrupted", code="turn.interrupted", sentence=wording.INTERRUPTED)
        await self._failed(turn, progress, error)
        await self._keep_history(turn, progress, None)

    async def _failed(self, turn: OpenTurn, progress: TurnProgress, error: UltracoreError) -> None:
        logger.warning("turn %s failed: %s", turn.reference, error.code)
        turn.view.interrupted()
        await close_segment(turn.view, progress)
        reason = error.code
        await turn.log.best_effort(TurnFailed(reason=reason))
        sentence = _sentence(error)
        told = apology(turn.reference, self._options.support_phone, sentence=sentence)
        await turn.view.message(told, kind="error")
        progress.answers.append(sentence)

    async def _finish(self, turn: OpenTurn, progress: TurnProgress) -> None:
        if progress.withheld:
            detail = ", ".join(progress.withheld)
            await turn.log.best_effort(GuardrailTriggered(reason="figure.not_from_tool", detail=detail))
        if progress.waiting is not None:
            self._presses.watch(turn.conversation_id, turn.raw_view)
        if turn.log.degraded:
            await turn.view.message(wording.RECORD_DOWN, kind="notice")
        await self._keep_history(turn, progress, None)

    async def _keep_history(self, turn: OpenTurn, progress: TurnProgress, ending: str | None) -> None:
        """Keep what the next turn's model should know; without Redis the next turn just knows less."""
        messages = history_of(progress, ending)
        try:
            await self._parts.conversations.append(turn.conversation_id, *messages)
        except UltracoreError as error:
            logger.warning("history of turn %s was not kept: %s", turn.reference, error.code)


def _handed_to(outcomes: list[tuple[ParsedCall, ToolOutcome]]) -> AgentProfile | None:
    """Whom the model handed over to, where it did."""
    handed = [outcome for _, outcome in outcomes if outcome.tool == HAND_OVER and outcome.status == "done"]
    return profile_for_domain(handed[0].content["agent"]) if handed else None


# A refusal is not an outage: waiting does not end it, so the person is not told to wait.
_MODEL_SENTENCES = {
    "model.unauthorised": wording.MODEL_REFUSES,
    "model.request_refused": wording.MODEL_REFUSES,
    "model.too_large": wording.MODEL_TOO_MUCH,
}


def _sentence(error: UltracoreError) -> str:
    if isinstance(error, ModelAnswerInvalid):
        return wording.MODEL_WRONG
    if isinstance(error, ModelUnavailable):
        return _MODEL_SENTENCES.get(error.code, wording.MODEL_DOWN)
    return error.sentence


def history_of(progress: TurnProgress, ending: str | None) -> list[dict[str, Any]]:
    """The turn's messages as a model may see them again: every tool call has its result, and an answer ends it."""
    answered = {message.get("tool_call_id") for message in progress.messages}
    messages: list[dict[str, Any]] = []
    for message in progress.messages:
        if any(call["id"] not in answered for call in message.get("tool_calls", ())):
            break
        messages.append(message)
    if progress.waiting is not None:
        ending = CARD_SHOWN
    said = ending or (progress.answers[-1] if progress.answers else None)
    if messages and messages[-1]["role"] != "assistant" and said is not None:
        messages.append({"role": "assistant", "content": said})
    return messages
