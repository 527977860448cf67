"""Whom a call speaks for."""

from __future__ import annotations

from ultracore.ai.mcp.context import ToolContext
from ultracore.errors import ToolRefused


def customer_of(context: ToolContext) -> str:
    """The principal's own customer. Raises `ToolRefused` where the principal is nobody's customer."""
    if context.principal.customer_id is None:
        raise ToolRefused("This needs a customer, and the session has none.", code="customer.missing")
    return context.principal.customer_id
