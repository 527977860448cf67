"""The place of a copy of all that is held about a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.principal import Role

PAGE_PATH: Final = "/my-data"

FILE_PATH: Final = "/my-data.json"


class DownloadResult(TypedDict):
    """The place of the signed-in customer's copy: paths on the page that they are on."""

    customer_id: str
    page: str
    file: str
    message: str


def _download_summary(result: Mapping[str, Any]) -> Summary:
    links = (("Open the page", result["page"]), ("Download the data file (JSON)", result["file"]))
    return Summary(result["message"], links=links)


@tool(
    tool_class=ToolClass.READ,
    agents=("Security", "Accounts"),
    roles=(Role.CUSTOMER,),
    title="Put the data together",
    working="Putting the data together…",
    summary=_download_summary,
    subject="A copy of the data",
)
async def get_data_download(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> DownloadResult:
    """Tell the customer the page to read and download everything that the bank holds about them. Use it when
    they ask for a copy of their data, or what is stored about them. Not for one account's statement
    (get_statement)."""
    return DownloadResult(
        customer_id=customer_id,
        page=PAGE_PATH,
        file=FILE_PATH,
        message="Everything that we hold about you is on one page, and in a data file. Both open while you are "
        "signed in, and each download goes on the record.",
    )
