"""The published agents: Anya and her domain agents, for programs that have no browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from ultracore.ai.agents import (
    TurnProgress,
    TurnRequest,
    TurnRunner,
    system_prompt,
)
from ultracore.ai.model import ChatModel
from ultracore.ai.profiles import profile_for_domain
from ultracore.ai.screen import SilentView, ToolStep
from ultracore.ai.tools import ParsedCall, Tool, ToolOutcome
from ultracore.ai.tools.toolset import PROGRAM_TOOLS
from ultracore.audit.masking import Piece, mask, mask_in_pieces
from ultracore.errors import ToolRefused
from ultracore.published.defaults import default_model
from ultracore.published.executor import MCPToolExecutor

HISTORY_LENGTH = 20
DEFAULT_MODEL = "gpt-4.1-mini"
PHONE = "the number on the back of your card"


class Executor(Protocol):
    """Runs tools by name, as `MCPToolExecutor` does."""

    async def execute_tool(self, tool_name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Run one tool; a refusal is `{"error": …}`."""


class AnyaAgent:
    """A chat over a model and tools. History is kept a user and tenant, 20 messages at most, in this process.

    `user_id` and `tenant_id` tell histories apart; they give no authority. That comes from the executor's
    principal. Without an executor the demo answers for the customer of the login `user_id`, or its first customer.
    Raises `ModelUnavailable` or `ModelAnswerInvalid` if the model does not answer.
    """

    domain: str = "Anya"
    domain_prompt: str = "You help customers of the bank with their accounts and payments."

    def __init__(
        self, model: str = DEFAULT_MODEL, tool_executor: Executor | None = None, *, client: ChatModel | None = None
    ) -> None:
        self.model = model
        self._default_executor = MCPToolExecutor()
        self.tool_executor: Executor = tool_executor or self._default_executor
        self._client = client
        self._histories: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._pieces: dict[tuple[str, str], Piece] = {}

    async def chat(
        self, user_id: str, message: str, tenant_id: str, use_tools: bool = True, max_tool_calls: int = 5
    ) -> dict[str, Any]:
        """One turn: `{message, tool_calls, usage, timestamp}`; a tool call is `{tool, arguments, result}`."""
        key = (tenant_id, user_id)
        # A card number may come in two messages: the digits at the end of one are remembered for the next.
        said, piece = mask_in_pieces(mask(message), self._pieces.pop(key, None))
        if piece is not None:
            self._pieces[key] = piece
        # A turn that fails leaves the history as it was, so that the program can ask again.
        progress = await self._turn(
            self._executor_for(user_id), said, self._histories.get(key, []), use_tools, max_tool_calls
        )
        kept = [*self._histories.get(key, []), {"role": "user", "content": said}]
        kept.append({"role": "assistant", "content": _said(progress)})
        self._histories[key] = kept[-HISTORY_LENGTH:]
        return _answer(progress)

    async def execute_task(
        self, task: str, tenant_id: str, context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """As `chat`, once, with `context` told to the model; leaves no history behind."""
        told = task if context is None else f"{task}\n\nContext: {json.dumps(dict(context), default=str)}"
        return _answer(await self._turn(self.tool_executor, told, [], use_tools=True, max_tool_calls=5))

    def get_conversation_history(self, user_id: str, tenant_id: str) -> list[dict[str, Any]]:
        """A copy of the last messages, oldest first."""
        return [dict(message) for message in self._histories.get((tenant_id, user_id), [])]

    def clear_conversation(self, user_id: str, tenant_id: str) -> None:
        """Forget a history. Idempotent."""
        self._histories.pop((tenant_id, user_id), None)
        self._pieces.pop((tenant_id, user_id), None)

    def _tools(self) -> tuple[Tool, ...]:
        return PROGRAM_TOOLS

    def _executor_for(self, user_id: str) -> Executor:
        if self.tool_executor is self._default_executor:
            return MCPToolExecutor(demo_user=user_id)
        return self.tool_executor

    async def _turn(
        self, executor: Executor, text: str, history: list[dict[str, Any]], use_tools: bool, max_tool_calls: int
    ) -> TurnProgress:
        tools = self._tools() if use_tools else ()
        request = TurnRequest(
            system=system_prompt(self.domain, self.domain_prompt, PHONE),
            history=history,
            text=mask(text),
            tools=[tool.wire_schema() for tool in tools],
            max_tool_calls=max_tool_calls,
        )
        if self._client is None:
            # At the first turn: an agent that is only constructed needs no key and no network.
            self._client = default_model(self.model)
        progress = TurnProgress()
        await TurnRunner(self._client).run(request, _ExecutorPort(executor), SilentView(), progress)
        return progress


class AnyaDomainAgent(AnyaAgent):
    """Anya for one domain. Tools of other domains are not offered; if the domain has none, nothing is."""

    def __init__(
        self,
        domain: str,
        domain_prompt: str,
        model: str = DEFAULT_MODEL,
        tool_executor: Executor | None = None,
        *,
        client: ChatModel | None = None,
    ) -> None:
        super().__init__(model, tool_executor, client=client)
        self.domain = domain
        self.domain_prompt = domain_prompt

    def _tools(self) -> tuple[Tool, ...]:
        return tuple(tool for tool in PROGRAM_TOOLS if self.domain in tool.agents)


class _ProfiledAgent(AnyaDomainAgent):
    """The agent of the profile that its `domain` names."""

    def __init__(
        self,
        *,
        model: str = DEFAULT_MODEL,
        tool_executor: Executor | None = None,
        client: ChatModel | None = None,
    ) -> None:
        profile = profile_for_domain(self.domain)
        if profile is None:
            raise TypeError(f"there is no agent {self.domain}")
        super().__init__(profile.domain, profile.prompt, model, tool_executor, client=client)


class AnyaAccountsAgent(_ProfiledAgent):
    """Balances and what came in and went out."""

    domain = "Accounts"


class AnyaLendingAgent(_ProfiledAgent):
    """Eligibility, credit risk, schedules and applications."""

    domain = "Lending"


class AnyaPaymentsAgent(_ProfiledAgent):
    """Transfers to own accounts and saved payees."""

    domain = "Payments"


class AnyaWealthAgent(_ProfiledAgent):
    """Holdings, allocation, performance and general information."""

    domain = "Wealth"


class AnyaSecurityAgent(_ProfiledAgent):
    """Fraud, access, cards, incidents."""

    domain = "Security"


class _ExecutorPort:
    """An executor, for one turn."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def call(self, call: ParsedCall) -> ToolOutcome:
        """Run one call; what the executor refuses is told to the model."""
        try:
            result = await self._executor.execute_tool(call.name, dict(call.arguments()))
        except ToolRefused as error:
            result = {"error": error.message, "code": error.code}
        # An executor may be a program's own, which knows nothing of our outcomes but the published shape.
        refused = "error" in result
        step = ToolStep(call.call_id, call.name, "refused" if refused else "done", "")
        return ToolOutcome("refused" if refused else "done", call.name, result, step)

    async def refuse(self, call: ParsedCall, code: str) -> ToolOutcome:
        """What this turn may not look up any more."""
        step = ToolStep(call.call_id, call.name, "refused", "")
        error = {"code": code, "message": "This is not possible again in this turn."}
        return ToolOutcome("refused", call.name, {"error": error}, step)


def _said(progress: TurnProgress) -> str:
    return "\n\n".join(progress.answers)


def _answer(progress: TurnProgress) -> dict[str, Any]:
    calls = [
        {"tool": call.name, "arguments": _given(call), "result": dict(outcome.content)}
        for call, outcome in progress.outcomes
    ]
    return {
        "message": _said(progress),
        "tool_calls": calls,
        "usage": {
            "prompt_tokens": progress.prompt_tokens,
            "completion_tokens": progress.completion_tokens,
            "total_tokens": progress.prompt_tokens + progress.completion_tokens,
        },
        "timestamp": datetime.now(UTC).isoformat(),
    }


def _given(call: ParsedCall) -> dict[str, Any] | str:
    return call.text if call.values is None else dict(call.values)
