"""An agent answers: its model is asked, its tools are called, and another agent takes over if it says so."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import Any

from ultracore.ai.agents import TurnProgress, TurnRequest, TurnRunner, follow_ups, system_prompt
from ultracore.ai.answers import amounts_said
from ultracore.ai.conversation.agent_choice import AgentChoice
from ultracore.ai.conversation.owners import Owners
from ultracore.ai.open_turn import OpenTurn
from ultracore.ai.presses import CORRECTION, Presses
from ultracore.ai.profiles import AgentProfile, profile_for_domain
from ultracore.ai.staff import told_to_model
from ultracore.ai.tools import CallContext, ParsedCall, ToolOutcome, ToolRegistry
from ultracore.ai.tools.toolset import hand_over
from ultracore.audit.vocabulary import Spent
from ultracore.languages import ANSWER_IN, Language, language_of
from ultracore.observability import Metrics
from ultracore.tasks import OwnedTasks

# Two agents could hand a message to and fro for ever; the last of them has to answer.
MAX_HANDOVERS = 3
HAND_OVER = hand_over.name


@dataclass(frozen=True, slots=True)
class AgentTools:
    """What agents have to work with: the registry's tools, and the phone number to name, with its hours."""

    registry: ToolRegistry
    tasks: OwnedTasks
    metrics: Metrics
    phone: str
    hours: str | None = None

    def of(self, turn: OpenTurn, context: CallContext) -> _TurnTools:
        """The tools, on the authority of one turn."""
        return _TurnTools(self, turn, context)


@dataclass(frozen=True, slots=True)
class _TurnTools:
    _tools: AgentTools
    _turn: OpenTurn
    _context: CallContext

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """Run one call on the conversation's authority; the turn knows of it until it has ended."""
        return await self._call(call, self._context)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        """Have the registry refuse it, which puts it on the record."""
        return await self._call(call, replace(self._context, withheld={call.name: code}))

    async def _call(self, call: ParsedCall, context: CallContext) -> ToolOutcome:
        registry = self._tools.registry
        # A task that the app owns: a Stop ends the talking and must not cut a tool between its intent and its
        # outcome.
        self._turn.calling = self._tools.tasks.start(registry.call(call, context))
        outcome = await asyncio.shield(self._turn.calling)
        # A model may make up names, and each would become a time series of its own in the metrics.
        known = any(tool.name == call.name for tool in registry.tools)
        self._tools.metrics.tool_calls.labels(call.name if known else "unknown", outcome.status).inc()
        return outcome


class Bill:
    """What each answer of a run took: the difference to what the turn had taken by the answer before."""

    def __init__(self, prompt: str, language: Language, progress: TurnProgress) -> None:
        self._version = hashlib.sha256(prompt.encode()).hexdigest()[:12]
        self._language = language
        self._progress = progress
        self._told = progress.tokens, progress.cost

    def next(self) -> Spent:
        """Since the last call, or since the run began."""
        progress = self._progress
        tokens, cost = self._told
        self._told = progress.tokens, progress.cost
        return Spent(
            language=self._language,
            model=progress.model,
            prompt_version=self._version,
            tokens=progress.tokens - tokens,
            cost=progress.cost - cost,
        )


class Dialogue:
    """Lets agents answer. It has no authority: that is the login's, read again at every call."""

    def __init__(
        self, runner: TurnRunner, tools: AgentTools, owners: Owners, presses: Presses, choice: AgentChoice
    ) -> None:
        self._runner = runner
        self._tools = tools
        self._owners = owners
        self._presses = presses
        self._choice = choice

    async def answer(self, turn: OpenTurn, text: str, profile: AgentProfile, progress: TurnProgress) -> None:
        """Let the agent answer; if its model hands over, let the next one, `MAX_HANDOVERS` times at most."""
        history = await self._owners.conversations.history(turn.conversation_id)
        turn.language = language_of(text, _said_before(history))
        asked: str | None = text
        for handed in range(MAX_HANDOVERS + 1):
            before = len(progress.outcomes)
            await self._ask(turn, asked, profile, progress, history, last=handed == MAX_HANDOVERS)
            target = _handed_to(progress.outcomes[before:])
            if target is None:
                return await self._suggest(turn, progress)
            # The message is in the turn's messages already; told twice, the next agent would answer it twice.
            asked, profile = None, await self._choice.hand_over(turn, profile, target)

    async def _suggest(self, turn: OpenTurn, progress: TurnProgress) -> None:
        """Offer what may be wanted next, if it is this customer's to ask and the router is sure of it."""
        # The router knows English only; a person in need, or with a card to decide, is not led elsewhere.
        if (
            turn.principal.is_staff
            or turn.language != "en"
            or turn.care is not None
            or progress.waiting is not None
        ):
            return
        usable = self._tools.registry.bank.access.tools_of(turn.principal)
        found = follow_ups([outcome for _, outcome in progress.outcomes], "\n".join(progress.answers))
        fitting = (one.text for one in found if one.tool in usable)
        texts = [text for text in fitting if self._choice.understands(turn, text)]
        if texts:
            await turn.view.offer(texts)

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
        stable = system_prompt(profile.domain, profile.prompt, self._tools.phone, self._tools.hours)
        request = TurnRequest(
            system="\n".join([stable, *_varying(turn)]),
            history=history,
            text=text,
            tools=self._tools.registry.schemas(profile.domain, turn.principal),
            ends_with=frozenset({HAND_OVER}),
            language=turn.language,
        )
        context = self._context(turn, profile, history, last=last)
        turn.view.asks(Bill(stable, turn.language, progress).next)
        whole = Bill(stable, turn.language, progress)
        try:
            await self._runner.run(request, self._tools.of(turn, context), turn.view, progress)
        finally:
            # Also of a turn that fails: its tokens are paid for as well.
            self._count(turn, profile, whole.next())

    def _context(
        self, turn: OpenTurn, profile: AgentProfile, history: list[dict[str, Any]], *, last: bool
    ) -> CallContext:
        return CallContext(
            # Read again at each call: a login that was revoked in the middle of a turn has no authority left.
            principal=lambda: self._owners.principal(turn.inbound.login_id),
            agent=profile.domain,
            conversation_id=turn.conversation_id,
            log=turn.log,
            connection=turn.inbound.connection,
            working_for=turn.working_for,
            # Withheld and not taken from the list, so that the refusal is on the record with its reason.
            withheld={HAND_OVER: "handoff.too_many"} if last else {},
            said=turn.resumed or turn.said or turn.inbound.text,
            amounts=amounts_said([*_said_before(history), turn.resumed or turn.said or turn.inbound.text]),
            language=turn.language,
            withdraw=lambda: self._presses.void(turn.principal, turn.conversation_id, reason=CORRECTION),
        )

    def _count(self, turn: OpenTurn, profile: AgentProfile, spent: Spent) -> None:
        labels = (spent.model or self._runner.model_name, profile.domain, turn.principal.tenant_id)
        self._tools.metrics.model_tokens.labels(*labels).inc(spent.tokens)
        self._tools.metrics.model_cost.labels(*labels).inc(float(spent.cost))


def _varying(turn: OpenTurn) -> list[str]:
    """What a model is told of this turn: after all that stays the same, so that a cache of the prefix holds."""
    about = told_to_model(turn.principal, turn.working_for) if turn.principal.is_staff else ""
    return [part for part in (about, ANSWER_IN.get(turn.language, "")) if part]


def _said_before(history: list[dict[str, Any]]) -> list[str]:
    return [str(message.get("content") or "") for message in history if message.get("role") == "user"]


def _handed_to(outcomes: list[tuple[ParsedCall, ToolOutcome]]) -> AgentProfile | None:
    """Whom the model handed over to, if it did."""
    handed = [outcome for _, outcome in outcomes if outcome.tool == HAND_OVER and outcome.status == "done"]
    return profile_for_domain(handed[0].content["agent"]) if handed else None
