"""Conversations with the offline model over the real registry, as the runtime runs them but without a screen.

The router picks the first agent; where it is unsure the person's choice is `domain`. Handovers are followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from ultracore.ai import OpenAIClient
from ultracore.ai.agents import (
    Receptionist,
    TurnProgress,
    TurnRequest,
    TurnRunner,
    Unclear,
    system_prompt,
)
from ultracore.ai.conversation.dialogue import HAND_OVER, MAX_HANDOVERS
from ultracore.ai.conversation.endings import history_of
from ultracore.ai.profiles import AgentProfile, profile_for_domain
from ultracore.ai.recording import TurnLog
from ultracore.ai.screen import SilentView
from ultracore.ai.tools import CallContext, ParsedCall, ToolOutcome
from ultracore.audit import ConversationRecord
from ultracore.container import Core
from ultracore.offline_model import OfflineTransport
from ultracore.principal import Connection, Principal
from ultracore.wording import new_reference


@dataclass
class BankTalk:
    """One conversation of one person. `say` fills `answer`, `outcomes`, `withheld` and `agent`."""

    core: Core
    who: Principal
    receptionist: Receptionist
    agent: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    conversation_id: str = field(default_factory=lambda: str(uuid4()))
    answer: str = ""
    outcomes: list[tuple[ParsedCall, ToolOutcome]] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)

    @property
    def calls(self) -> list[tuple[str, dict[str, Any]]]:
        """The tools that ran or proposed something, with their arguments; look-ups and handovers left out."""
        return [
            (call.name, dict(call.arguments()))
            for call, outcome in self.outcomes
            if call.name not in ("get_customer_360", HAND_OVER)
        ]

    @property
    def refusals(self) -> list[str]:
        """The codes of what was refused."""
        errors = [outcome.content.get("error") for _, outcome in self.outcomes]
        return [str(error["code"]) for error in errors if isinstance(error, Mapping)]

    async def say(self, text: str, domain: str = "Accounts") -> str:
        """One turn. The answer is empty where a card ended it."""
        profile = self._first(text, domain)
        progress, asked = TurnProgress(), [text]
        async with OpenAIClient(transport=OfflineTransport(), max_retries=0) as client:
            for _ in range(MAX_HANDOVERS + 1):
                before = len(progress.outcomes)
                await self._run(client, profile, asked.pop() if asked else None, progress)
                handed = [one for _, one in progress.outcomes[before:] if one.tool == HAND_OVER]
                target = profile_for_domain(handed[0].content.get("agent", "")) if handed else None
                if target is None:
                    break
                profile = target
        self.agent = profile.domain
        self.answer, self.outcomes = "\n".join(progress.answers), progress.outcomes
        self.withheld = progress.withheld
        self.history = [*self.history, *history_of(progress)][-20:]
        return self.answer

    def _first(self, text: str, domain: str) -> AgentProfile:
        found = self.receptionist.route(text, self.agent)
        profile = profile_for_domain(domain) if isinstance(found, Unclear) else found.profile
        assert profile is not None
        return profile

    async def _run(
        self, client: OpenAIClient, profile: AgentProfile, text: str | None, progress: TurnProgress
    ) -> None:
        registry = self.core.registry
        request = TurnRequest(
            system=system_prompt(profile.domain, profile.prompt, "13 00 00 00", "every day 8 am to 8 pm"),
            history=self.history,
            text=text,
            tools=registry.schemas(profile.domain, self.who),
            ends_with=frozenset({HAND_OVER}),
        )
        await TurnRunner(client).run(request, _Port(self, profile.domain), SilentView(), progress)


class _Port:
    def __init__(self, talk: BankTalk, agent: str) -> None:
        self._talk = talk
        self._agent = agent

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        raise AssertionError(f"{call.name} is one call too many ({code})")

    async def call(self, call: ParsedCall) -> ToolOutcome:
        talk = self._talk
        record = ConversationRecord(talk.core.trail, talk.who, talk.conversation_id).turn(
            str(uuid4()), new_reference()
        )

        async def who() -> Principal:
            return talk.who

        context = CallContext(
            principal=who,
            agent=self._agent,
            conversation_id=talk.conversation_id,
            log=TurnLog(record),
            connection=Connection(),
        )
        return await talk.core.registry.call(call, context)
