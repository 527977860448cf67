"""Plays one recorded turn again: from its history, with another model, prompt or policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ultracore.ai.agents import TurnProgress, TurnRequest, TurnRunner
from ultracore.ai.profiles import GREETER, AgentProfile, profile_for_domain
from ultracore.ai.screen import SilentView
from ultracore.ai.tools.toolset import TOOLS, hand_over
from ultracore.banking.access import AccessService
from ultracore.errors import ModelAnswerInvalid
from ultracore.languages import ANSWER_IN, language_of
from ultracore.principal import Principal, Role
from ultracore.whatif.comparing import changes_of
from ultracore.whatif.policy import PolicyInPlace
from ultracore.whatif.prompts import Prompts
from ultracore.whatif.serving import NotComparable, RecordedTools, recorded_decisions
from ultracore.whatif.values import ComparedTurn, Decision, DecisionChange, RecordedConversation, RecordedTurn

_SCHEMAS: Final = {tool.name: tool.wire_schema() for tool in TOOLS}


@dataclass(frozen=True, slots=True)
class Instead:
    """What answers in the place of what did. `access` says which tools are offered.

    With `policy` it decides about every call as well; without it the recorded decisions stand.
    """

    runner: TurnRunner
    prompts: Prompts
    access: AccessService
    policy: bool = False

    def schemas(self, agent: str, who: Principal) -> Sequence[Mapping[str, Any]]:
        """The tools of an agent that this person may use."""
        usable = self.access.tools_of(who)
        return [_SCHEMAS[tool.name] for tool in TOOLS if agent in tool.agents and tool.name in usable]


def principal_of(conversation: RecordedConversation) -> Principal:
    """The customer, as far as the record has them. Nothing is done on this authority but to ask a policy."""
    return Principal(
        tenant_id=conversation.tenant_id,
        user_id=conversation.user_id,
        login_id="whatif",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=conversation.customer_id,
    )


async def play(turn: RecordedTurn, who: Principal, instead: Instead) -> ComparedTurn:
    """The turn again, and what changed. Raises `ModelUnavailable` if the model cannot be asked."""
    if turn.cut is not None:
        return ComparedTurn(turn, (), turn.cut)
    policy = PolicyInPlace(instead.access, who) if instead.policy else None
    reason = None if policy is None else policy.objection_to_agent(turn.agent)
    if reason is not None:
        return ComparedTurn(turn, (_refused_agent(turn, reason),))
    tools = RecordedTools(turn, who, policy, turn.agent)
    try:
        await _run(turn, who, instead, tools)
        ended = None
    except NotComparable as error:
        ended = str(error)
    except ModelAnswerInvalid as error:
        ended = f"the model's answer could not be used ({error.code})"
    changes = changes_of(recorded_decisions(turn, who), tools.decisions, whole=ended is None)
    return ComparedTurn(turn, changes, ended)


async def _run(turn: RecordedTurn, who: Principal, instead: Instead, tools: RecordedTools) -> None:
    """Ask the agents, one after the other as each hands over: as often as the record has it."""
    progress, asked = TurnProgress(), [turn.text]
    profile: AgentProfile | None = _profile(turn.agent)
    while profile is not None:
        tools.agent, before = profile.domain, len(progress.outcomes)
        request = _request(turn, who, profile, instead, text=asked.pop() if asked else None)
        await instead.runner.run(request, tools, SilentView(), progress)
        handed = [one for _, one in progress.outcomes[before:] if one.tool == hand_over.name]
        done = next((one for one in handed if one.status == "done"), None)
        profile = None if done is None else _profile(str(done.content.get("agent")))


def _request(
    turn: RecordedTurn, who: Principal, profile: AgentProfile, instead: Instead, *, text: str | None
) -> TurnRequest:
    said = [str(message.get("content") or "") for message in turn.history if message["role"] == "user"]
    language = language_of(turn.text, said)
    return TurnRequest(
        system=instead.prompts.of(profile, ANSWER_IN.get(language, "")),
        history=turn.history,
        text=text,
        tools=instead.schemas(profile.domain, who),
        ends_with=frozenset({hand_over.name}),
        language=language,
    )


def _profile(domain: str) -> AgentProfile:
    return profile_for_domain(domain) or GREETER


def _refused_agent(turn: RecordedTurn, reason: str) -> DecisionChange:
    before = Decision(turn.agent, "", {}, "answered")
    return DecisionChange("agent", before, Decision(turn.agent, "", {}, "denied", reason))
