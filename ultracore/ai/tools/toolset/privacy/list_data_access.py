"""Which members of staff looked at a customer's data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.ai.tools.toolset.privacy.viewings import ViewingResult, viewing_result
from ultracore.principal import Role
from ultracore.zone import start_of

MOST_SHOWN: Final = 50

NO_REASON: Final = "none given"


class ViewingsResult(TypedDict):
    """Newest first, at most `MOST_SHOWN`; `count` is how many there are in all."""

    customer_id: str
    count: int
    viewings: list[ViewingResult]
    message: str


def _viewings_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(one["when"], one["who"], one["what"], one["reason"] or NO_REASON) for one in result["viewings"]]
    return Summary(result["message"], (("When", "Who", "What", "Reason"), *rows) if rows else ())


@tool(
    tool_class=ToolClass.READ,
    agents=("Security", "Accounts"),
    roles=(Role.CUSTOMER,),
    title="Looked up who read the data",
    working="Looking up who read the data…",
    summary=_viewings_summary,
    subject="Who looked at the data",
)
async def list_data_access(
    context: ToolContext,
    tenant_id: TenantId,
    customer_id: CustomerId,
    since: Since | None = None,
    until: Until | None = None,
) -> ViewingsResult:
    """List which members of the bank's staff looked at the customer's data, opened their recorded conversations or
    exported them, when and with which reason. Use it when the customer asks who has seen or accessed their data.
    Not for payments or sign-ins that they do not recognise (list_unusual_activity)."""
    found = await context.viewings.of_customer(
        tenant_id,
        customer_id,
        since=None if since is None else start_of(since),
        # The next midnight, because the day itself counts.
        until=None if until is None else start_of(until + timedelta(days=1)),
    )
    return ViewingsResult(
        customer_id=customer_id,
        count=len(found),
        viewings=[viewing_result(one) for one in found[:MOST_SHOWN]],
        message=_message(len(found)),
    )


def _message(count: int) -> str:
    if count == 0:
        return "No member of staff has looked at your data in that time."
    times = "once" if count == 1 else f"{count} times"
    shown = f" The newest {MOST_SHOWN} are shown." if count > MOST_SHOWN else ""
    return f"Your data was looked at {times}.{shown}"
