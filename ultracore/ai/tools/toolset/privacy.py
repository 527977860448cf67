"""Tools of a customer's rights over their data: who looked at it, and a copy of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.ai.tools.toolset.periods import Since, Until
from ultracore.audit.reports import Viewing
from ultracore.wording import SYDNEY, when_text

MOST_SHOWN: Final = 50
PAGE_PATH: Final = "/my-data"
FILE_PATH: Final = "/my-data.json"
NO_REASON: Final = "none given"


class ViewingResult(TypedDict):
    """One look. `what` is a sentence; `reason` is what the member of staff stated, or null."""

    time: str
    when: str
    who: str
    what: str
    reason: str | None


class ViewingsResult(TypedDict):
    """Newest first, at most `MOST_SHOWN`; `count` is how many there are in all."""

    customer_id: str
    count: int
    viewings: list[ViewingResult]
    message: str


class DownloadResult(TypedDict):
    """Where the signed-in customer finds the copy: paths on the page that they are on."""

    customer_id: str
    page: str
    file: str
    message: str


def _viewings_summary(result: Mapping[str, Any]) -> Summary:
    rows = [(one["when"], one["who"], one["what"], one["reason"] or NO_REASON) for one in result["viewings"]]
    return Summary(result["message"], (("When", "Who", "What", "Reason"), *rows) if rows else ())


def _download_summary(result: Mapping[str, Any]) -> Summary:
    links = (("Open the page", result["page"]), ("Download the data file (JSON)", result["file"]))
    return Summary(result["message"], links=links)


@tool(tool_class=ToolClass.READ, agents=("Security", "Accounts"), summary=_viewings_summary)
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
        since=None if since is None else _midnight(since),
        until=None if until is None else _midnight(until + timedelta(days=1)),
    )
    return ViewingsResult(
        customer_id=customer_id,
        count=len(found),
        viewings=[viewing_result(one) for one in found[:MOST_SHOWN]],
        message=_message(len(found)),
    )


@tool(tool_class=ToolClass.READ, agents=("Security", "Accounts"), summary=_download_summary)
async def get_data_download(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> DownloadResult:
    """Tell the customer where they can read and download everything that the bank holds about them. Use it when
    they ask for a copy of their data, or what is stored about them. Not for one account's statement
    (get_statement)."""
    return DownloadResult(
        customer_id=customer_id,
        page=PAGE_PATH,
        file=FILE_PATH,
        message="Everything that we hold about you is on one page, and in a data file. Both open while you are "
        "signed in, and each download goes on the record.",
    )


def viewing_result(viewing: Viewing) -> ViewingResult:
    """One look, worded."""
    return ViewingResult(
        time=viewing.time.isoformat(),
        when=when_text(viewing.time),
        who=f"{viewing.who} (at the bank's servers)" if viewing.at_server else f"{viewing.who} (staff)",
        what=_what(viewing),
        reason=viewing.reason,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SYDNEY)


def _what(viewing: Viewing) -> str:
    if viewing.everything:
        return "Exported all recorded conversations of the bank"
    match viewing.kind:
        case "read":
            return f"Read your data ({viewing.action.replace('_', ' ')})"
        case "conversation":
            return "Opened a recorded conversation about you"
        case "export":
            return "Exported a recorded conversation about you"


def _message(count: int) -> str:
    if count == 0:
        return "No member of staff has looked at your data in that time."
    times = "once" if count == 1 else f"{count} times"
    shown = f" The newest {MOST_SHOWN} are shown." if count > MOST_SHOWN else ""
    return f"Your data was looked at {times}.{shown}"
