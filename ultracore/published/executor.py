"""The published way to run tools from a program, outside any conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.ai.tools import CallContext, CallReader
from ultracore.audit import ConversationRecord
from ultracore.principal import Connection, Principal
from ultracore.published.defaults import default_core
from ultracore.published.demo_reader import demo_reader
from ultracore.published.services import REFUSED, ToolServices
from ultracore.wording import new_reference

if TYPE_CHECKING:
    from ultracore.container import Core

_LEFT: Final = (
    "This request is on the record and nothing has been done. A program cannot approve it: the customer finds it "
    "in their next chat, where it is checked anew, shown as a card and decided by a button."
)
_OF_STAFF: Final = (
    "This request is on the record and nothing has been done. A program cannot approve it, and nobody was shown a "
    "card: the member of staff asks for it in the chat, where it is checked anew and decided by buttons."
)


class MCPToolExecutor:
    """Runs tools for the principal it was built with, under the same rules as a conversation.

    `savings_service`, `security_service` and `rbac_service` are the program's own, see `ToolService`: each may
    refuse a call, and add what it knows to what a tool has read. Policy, figures and approval stay the bank's.
    What needs an approval is never carried out for a program: the request is on the record, and waits seven days
    for the customer to open it in the chat; staff ask for theirs in the chat. Without a principal it may read the
    demo's tenant, in the demo only: a customer's own tools act for the customer who is named in the arguments, or
    for `demo_user`, and money does not move. With a staff principal `customer_id` is whom it works for: the
    program says so, never an argument.
    """

    def __init__(
        self,
        savings_service: Any = None,
        security_service: Any = None,
        rbac_service: Any = None,
        *,
        principal: Principal | None = None,
        customer_id: str | None = None,
        demo_user: str | None = None,
        backend: Core | None = None,
    ) -> None:
        self.savings_service = savings_service
        self.security_service = security_service
        self.rbac_service = rbac_service
        self.principal = principal
        self.customer_id = customer_id
        self._demo_user = demo_user
        self._backend = backend
        # One for the executor's life: the record shows a program's calls together, as those of a conversation.
        self._conversation_id = str(uuid4())
        self._reader = CallReader()

    async def execute_tool(self, tool_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Run one tool. The result's keys are the tool's; a refusal is `{"error": sentence, "code": code}`."""
        backend = self._backend or await default_core()
        # Before the demo reader is made: it may read, and no role of it should ever meet an effect.
        if self.principal is None and backend.settings.env != "demo":
            return {"error": "Nobody is signed in, so nothing can be read.", "code": "principal.required"}
        if self.principal is None and backend.registry.changes_something(tool_name):
            return {"error": "Nobody is signed in, so nothing can be changed.", "code": "principal.required"}
        principal, about = self.principal, self.customer_id
        if principal is None:
            reader = await demo_reader(backend.registry, tool_name, arguments, self._demo_user)
            principal, about = reader.principal, reader.working_for
        # As text, the way a model asks: a program's call is read, checked and masked by the same code.
        call = ModelToolCall(f"call_{uuid4().hex[:12]}", tool_name, json.dumps(dict(arguments), default=_plain))
        services = self._services()
        refused = await services.refusing(tool_name, arguments)
        context = self._context(backend, principal, about, tool_name, refused)
        outcome = await backend.registry.call(self._reader.read(call), context)
        error = outcome.content.get("error")
        if isinstance(error, Mapping):
            if error["code"] == REFUSED:
                return {"error": f"The program's {refused} does not allow this.", "code": REFUSED}
            return {"error": error["message"], "code": error["code"]}
        if outcome.status == "waiting":
            return {**outcome.content, "message": _OF_STAFF if principal.is_staff else _LEFT}
        if backend.registry.changes_something(tool_name):
            return dict(outcome.content)
        return {**outcome.content, **await services.additions(tool_name, arguments)}

    def _services(self) -> ToolServices:
        named = {name: getattr(self, name) for name in ("savings_service", "security_service", "rbac_service")}
        return ToolServices(named)

    def _context(
        self, backend: Core, principal: Principal, about: str | None, tool_name: str, refused: str | None
    ) -> CallContext:
        record = ConversationRecord(backend.trail, principal, self._conversation_id).turn(
            str(uuid4()), new_reference()
        )
        if principal.is_staff and about is not None:
            record.about(about)

        async def same() -> Principal:
            return principal

        return CallContext(
            principal=same,
            agent=backend.registry.an_agent_of(tool_name, principal),
            conversation_id=self._conversation_id,
            log=TurnLog(record, tolerant=not principal.is_staff),
            connection=Connection(),
            working_for=about,
            # The registry refuses, so that the refusal is on the record like any other.
            withheld={} if refused is None else {tool_name: REFUSED},
            left_for_chat=not principal.is_staff,
        )


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    # Refused and not turned into text: a program that passes an object by mistake should hear of it.
    raise TypeError(f"{type(value).__name__} is not an argument that JSON can carry")
