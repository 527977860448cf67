"""The tool registry: validate, authorise, approve, audit the decision, run, audit the outcome.

Everything that a model asks for passes through `ToolRegistry.call`. Who acts, what they may do and what is on the
record are decided here and in the bank's policy; no prompt and no argument can change them. A call never raises
for anything that a model can write: it ends in a `ToolOutcome`, and every refusal is a `tool_decided` `denied`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from ultracore.ai.model import ToolSchema
from ultracore.ai.screen import ToolStep
from ultracore.ai.tools.arguments import validate
from ultracore.ai.tools.calls import CallContext, CheckedCall, ToolOutcome, ended, shown_of
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Tool, ToolClass
from ultracore.ai.tools.parsed_calls import ParsedCall
from ultracore.ai.tools.proposing import Proposer
from ultracore.ai.tools.speaking_about import check_resources, customer_of_call, identity_of_call, require_agent
from ultracore.audit import AuditEvent
from ultracore.audit.reports import Viewings
from ultracore.audit.vocabulary import DataAccessed, ToolDecided, ToolExecuted, ToolRequested
from ultracore.banking import AccessDecision, Bank
from ultracore.banking.access import StaffCase, counts_against
from ultracore.errors import SessionEnded, ToolRefused, UltracoreError
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks

logger = logging.getLogger(__name__)

UNKNOWN_TOOL = "unknown"
CASE_REQUIRED = (
    "You have no open case for this customer, so nothing was looked up. Open one with /case, the customer's id "
    "and a reason, as in “/case cust_1 request”."
)
# A name that a model makes up can be as long as its answer.
MAX_UNKNOWN_NAME = 200


class ToolRegistry:
    """All tools of the bank and the one way to call them."""

    def __init__(
        self, tools: Iterable[Tool], bank: Bank, proposer: Proposer, tasks: OwnedTasks, viewings: Viewings
    ) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._bank = bank
        self._proposer = proposer
        self._tasks = tasks
        self._viewings = viewings
        self._schemas: dict[str, ToolSchema] = {}

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Every tool, in the order of registration."""
        return tuple(self._tools.values())

    @property
    def bank(self) -> Bank:
        """The bank that the tools act on."""
        return self._bank

    def changes_something(self, name: str) -> bool:
        """True for a tool that does more than read. False for an unknown one, which is refused anyway."""
        found = self._tools.get(name)
        return found is not None and found.tool_class is not ToolClass.READ

    def an_agent_of(self, name: str, principal: Principal) -> str:
        """An agent that has this tool, if possible one of this person's, for programs that call it without one."""
        found = self._tools.get(name)
        allowed = self._bank.access.agents_of(principal)
        return min(found.agents, key=lambda agent: (agent not in allowed, agent)) if found else "Accounts"

    def for_agent(self, agent: str, principal: Principal | None = None) -> tuple[Tool, ...]:
        """The tools that an agent has; with a principal, those of them that this person may use."""
        found = tuple(tool for tool in self.tools if agent in tool.agents)
        if principal is None:
            return found
        usable = self._bank.access.tools_of(principal)
        return tuple(tool for tool in found if tool.name in usable)

    def schemas(self, agent: str, principal: Principal | None = None) -> list[ToolSchema]:
        """What the model of an agent is offered; with a principal, what this person may use."""
        return [self._schema(tool) for tool in self.for_agent(agent, principal)]

    def _schema(self, tool: Tool) -> ToolSchema:
        """Made once: pydantic takes a millisecond for each."""
        if tool.name not in self._schemas:
            self._schemas[tool.name] = tool.wire_schema()
        return self._schemas[tool.name]

    async def call(self, call: ParsedCall, context: CallContext) -> ToolOutcome:
        """Run one call to its end, also when the caller is cancelled. The decision is durable before it runs."""
        # A task of our own: the Stop button cancels the turn, and a decision without an outcome would stay open.
        return await self._tasks.run(self._call(call, context))

    async def _call(self, call: ParsedCall, context: CallContext) -> ToolOutcome:
        name, arguments = self._recorded(call)
        try:
            await context.log.required_for_staff(
                ToolRequested(name, arguments, agent=context.agent, call_id=call.call_id)
            )
            # Requested is written before it is checked, so a call that crashes the check is on the record too.
            checked = await self._check(call, context)
            await self._tell_of_access(checked, context)
            if checked.tool.tool_class.needs_approval:
                return await self._proposer.propose(checked, context)
            # A customer's read of their own goes on without a record; what changes something never does.
            reads, log = checked.tool.tool_class is ToolClass.READ, context.log
            write = log.required_for_staff if reads else log.required
            intent = await write(ToolDecided(name, arguments, result="allowed"))
        except UltracoreError as error:
            return await self._deny(call, context, error)
        return await self._run(checked, context, intent)

    def _recorded(self, call: ParsedCall) -> tuple[str, Mapping[str, Any] | str]:
        """Name and arguments for the record. Tool names are in clear there: one that is none of ours is sealed."""
        if call.name in self._tools:
            return call.name, call.recorded
        return UNKNOWN_TOOL, {"name": call.name[:MAX_UNKNOWN_NAME], "arguments": call.recorded}

    async def _check(self, call: ParsedCall, context: CallContext) -> CheckedCall:
        """Whether this call may run, on whose authority, and with which arguments. Changes nothing."""
        bank, principal = self._bank, await context.principal()
        tool = self._usable(call, context, principal)
        # Whom it is about comes first: arguments are compared with that customer and never choose one.
        customer_id = await customer_of_call(bank, tool, principal, context.working_for)
        # After the authority: whether a tool exists for this person is told before its arguments are read.
        values = call.arguments()
        identity = await identity_of_call(bank, tool, values, principal, customer_id)
        # Identity last, so that the facts replace what the model has sent.
        model = validate(tool.arguments, {**values, **identity})
        arguments = {name: getattr(model, name) for name in tool.arguments.model_fields}
        # Asked again with the customer: `may_use` knew the role only.
        _require(bank.access.check(principal, tool.name, customer_id=customer_id))
        await check_resources(bank, tool, arguments, principal, customer_id)
        _require_other_agent(tool, arguments, context.agent)
        case = await self._case(principal, customer_id)
        surroundings = ToolContext(bank, principal, context.connection, self._viewings, customer_id, case)
        return CheckedCall(call, tool, surroundings, arguments)

    async def _case(self, principal: Principal, customer_id: str | None) -> StaffCase | None:
        """The case of staff for this customer, used now. Raises `ToolRefused` (`case.required`)."""
        if not principal.is_staff or customer_id is None:
            return None
        case = await self._bank.security.staff_cases.use(principal.tenant_id, principal.user_id, customer_id)
        if case is None and self._bank.access.cases.required:
            raise ToolRefused(CASE_REQUIRED, code="case.required", sentence=CASE_REQUIRED)
        return case

    def _usable(self, call: ParsedCall, context: CallContext, principal: Principal) -> Tool:
        """The tool, if this agent has it and this person may use it at all."""
        tool = self._tools.get(call.name)
        if tool is None:
            raise ToolRefused("There is no tool of that name.", code="tool.unknown")
        if context.agent not in tool.agents:
            raise ToolRefused(f"The {context.agent} agent does not have this tool.", code="tool.not_for_agent")
        # Refused and not hidden: the model learns why, and the attempt is on the record.
        if call.name in context.withheld:
            raise ToolRefused("This is not possible again in this turn.", code=context.withheld[call.name])
        _require(self._bank.access.may_use(principal, tool.name))
        require_agent(self._bank, principal, context.agent)
        return tool

    async def _tell_of_access(self, checked: CheckedCall, context: CallContext) -> None:
        """What staff read of a customer is on the record before they read it, or they do not read it."""
        customer_id = checked.context.customer_id
        if checked.context.principal.is_staff and customer_id is not None:
            # Required even though the event of the tool follows: customers are told from these who has seen their
            # data.
            case, action = checked.context.case, checked.tool.name
            number, told = (None, None) if case is None else (case.case_id, case.reason.told)
            await context.log.required(DataAccessed(customer_id, action=action, case=number, told=told))

    async def _deny(self, call: ParsedCall, context: CallContext, error: UltracoreError) -> ToolOutcome:
        logger.info("tool call refused", extra={"tool": call.name[:64], "code": error.code})
        await self._note_denied(call, context, error.code)
        record, (name, arguments) = context.log.record, self._recorded(call)
        # Everything else is an outage of ours, and telling the person that they were refused would be untrue.
        refused = isinstance(error, ToolRefused | SessionEnded)
        outcome = ended(call, "refused" if refused else "failed", error, record.reference)
        shown = shown_of(outcome.step)
        await context.log.best_effort(
            ToolDecided(name, arguments, result="denied", reason=error.code, shown=shown)
        )
        return outcome

    async def _note_denied(self, call: ParsedCall, context: CallContext, code: str) -> None:
        """What the adaptive access rules count. It is a help, not the record: without it the refusal stands.

        What a model asked for by itself is not held against the person; it is on the record and in the metrics.
        """
        if not counts_against(code) or context.is_the_models(call):
            return
        try:
            await self._bank.adaptive.note_denied(await context.principal(), code)
        except UltracoreError as error:
            logger.warning("a refusal was not counted: %s", error.code)

    async def _run(self, checked: CheckedCall, context: CallContext, intent: AuditEvent | None) -> ToolOutcome:
        """Run a tool that was allowed, and record how it ended."""
        call = checked.call
        try:
            result: Mapping[str, Any] = await checked.tool.function(checked.context, **checked.arguments)
        except UltracoreError as error:
            logger.warning("tool failed", extra={"tool": call.name, "code": error.code})
            failed = ended(call, "failed", error, context.log.record.reference)
            await self._record_outcome(checked, context, intent, failed, error.code)
            return failed
        summary = checked.tool.summary(result)
        subject = summary.subject or checked.tool.subject
        step = ToolStep(
            call.call_id, call.name, "done", summary.sentence, summary.table, summary.chart, summary.links, subject
        )
        changes = checked.tool.tool_class is not ToolClass.READ
        next_ones = tuple(checked.tool.suggests(result))
        done = ToolOutcome("done", call.name, result, step, changes=changes, suggestions=next_ones)
        await self._record_outcome(checked, context, intent, done, None)
        return done

    async def _record_outcome(
        self,
        checked: CheckedCall,
        context: CallContext,
        intent: AuditEvent | None,
        outcome: ToolOutcome,
        reason: str | None,
    ) -> None:
        """Record the outcome of an allowed call; without an intent on the record there is nothing to close."""
        done = outcome.status == "done"
        if intent is None:
            # The read went on while the record was away: its outcome is missing there as well.
            context.log.gaps.missed += 1
            return
        await context.log.best_effort(
            ToolExecuted(
                checked.call.name,
                checked.call.recorded,
                outcome="success" if done else "failure",
                result=outcome.content if done else None,
                intent=intent.event_id,
                reason=reason,
                shown=shown_of(outcome.step),
            )
        )


def _require_other_agent(tool: Tool, arguments: Mapping[str, Any], agent: str) -> None:
    """Refuse a hand-over of an agent to itself: the request would go round and come back unanswered."""
    for name, marker in tool.resources.items():
        if marker.kind == "agent" and arguments[name] == agent:
            raise ToolRefused("You are that agent: answer, or say what you can do.", code="handoff.same_agent")


def _require(decision: AccessDecision) -> None:
    if not decision.allowed:
        raise ToolRefused("The bank's policy does not allow this.", code=decision.reason)
