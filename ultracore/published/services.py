"""The services that a program hands to `MCPToolExecutor`: they refuse calls, and add to what was read."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

REFUSED: Final = "service.refused"


class ToolService(Protocol):
    """A service of the program. Each method may be missing; what it raises reaches the program.

    It is asked beside the bank's policy, never instead of it: a call that it allows may still be refused, and a
    figure of the bank's stays the bank's.
    """

    async def allows(self, tool_name: str, arguments: Mapping[str, Any]) -> bool:
        """False refuses the call, before anything is read; the refusal is on the record."""

    async def answer(self, tool_name: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What this service knows of a question that the bank has answered; asked only then, for reads only."""


@dataclass(frozen=True, slots=True)
class ToolServices:
    """The program's services by the name under which it passed them; they may be objects without methods."""

    named: Mapping[str, ToolService | object]

    async def refusing(self, tool_name: str, arguments: Mapping[str, Any]) -> str | None:
        """The name of the first service that refuses the call; None if none does."""
        for name, service in self.named.items():
            asked = _asked(service, "allows", tool_name, arguments)
            # Nothing but True allows: a service that forgets its answer must not open a door.
            if asked is not None and await asked is not True:
                return name
        return None

    async def additions(self, tool_name: str, arguments: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
        """What services add to a result, each under its own name, so that none stands in a field of the bank's."""
        found: dict[str, Mapping[str, Any]] = {}
        for name, service in self.named.items():
            asked = _asked(service, "answer", tool_name, arguments)
            added = None if asked is None else await asked
            if added is not None:
                found[name] = dict(added)
        return found


def _asked(service: Any, method: str, tool_name: str, arguments: Mapping[str, Any]) -> Awaitable[Any] | None:
    call = getattr(service, method, None)
    # A copy: a service must not change what the bank is asked.
    return None if call is None else call(tool_name, dict(arguments))
