"""Whom a call is about."""

from __future__ import annotations

from ultracore.ai.tools.context import ToolContext
from ultracore.errors import ToolRefused


def customer_of(context: ToolContext) -> str:
    """The customer whom the call is about. Raises `ToolRefused` (`customer.missing`) if there is none."""
    if context.customer_id is None:
        raise ToolRefused("This needs a customer, and the session has none.", code="customer.missing")
    return context.customer_id
