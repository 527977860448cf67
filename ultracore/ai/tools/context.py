"""What a tool function gets besides its arguments: bank and record, and on whose authority it acts."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.audit.reports import Viewings
from ultracore.banking import Bank
from ultracore.banking.access import StaffCase
from ultracore.principal import Connection, Principal


@dataclass(frozen=True, slots=True)
class ToolContext:
    """The authority and the surroundings of one call. `principal` was read from the session store for it.

    `customer_id` is whom the call is about: a customer's own, or the customer whom a member of staff has named.
    None if it is about no customer. Tools ask this and never the principal.
    """

    bank: Bank
    principal: Principal
    connection: Connection
    viewings: Viewings
    customer_id: str | None = None
    case: StaffCase | None = None
    """Under which a member of staff acts for the customer; None if they have opened none."""
