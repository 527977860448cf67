"""General information on investing, with its warning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import Summary, ToolClass, tool
from ultracore.banking.wealth import (
    GENERAL_ADVICE_WARNING,
    about,
)
from ultracore.principal import Role

TopicArgument = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    Field(description="The subject, such as diversification, bonds, fees or superannuation."),
]


class InformationResult(TypedDict):
    """General information with its warning, which is always shown with it."""

    topic: str
    information: str
    general_advice_warning: str
    message: str


def _information_summary(result: Mapping[str, Any]) -> Summary:
    return Summary(f"General information on {result['topic']}. {result['general_advice_warning']}")


@tool(
    tool_class=ToolClass.READ,
    agents=("Wealth",),
    roles=(Role.CUSTOMER,),
    title="Looked up general information",
    working="Looking that up…",
    summary=_information_summary,
)
async def get_general_information(context: ToolContext, topic: TopicArgument) -> InformationResult:
    """Read the bank's general information on a subject of investing. Use it for what something is or how it works
    in general, and for any wish for a recommendation. Repeat the warning in your answer. Do not use it for the
    customer's own figures, and never turn it into advice about them."""
    found = about(topic)
    return InformationResult(
        topic=found.name,
        information=found.text,
        general_advice_warning=GENERAL_ADVICE_WARNING,
        message=f"{found.text} {GENERAL_ADVICE_WARNING}",
    )
