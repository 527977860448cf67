"""How one agent hands a conversation to another in the middle of a turn: asked for by a model, decided here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import Field, StringConstraints

from ultracore.ai.tools import Resource, Summary, ToolClass, ToolContext, tool

MAX_HANDOVERS = 3
NAME = "hand_over"
DOMAINS = ("Accounts", "Lending", "Payments", "Wealth", "Security")

Target = Annotated[
    Literal["Accounts", "Lending", "Payments", "Wealth", "Security"],
    Resource("agent"),
    Field(description="The agent whose subject the customer's request is."),
]
Reason = Annotated[str, StringConstraints(max_length=200), Field(description="Why, in a few words.")]


class Handover(TypedDict):
    """Who answers from here on."""

    agent: str
    message: str


def _summary(result: Mapping[str, Any]) -> Summary:
    return Summary(result["message"])


@tool(tool_class=ToolClass.READ, agents=DOMAINS, summary=_summary)
async def hand_over(context: ToolContext, agent: Target, reason: Reason = "") -> Handover:
    """Hand the conversation to another agent, when the customer's request is not your subject. Do not use it to
    avoid a request that is yours, and do not hand back what was just handed to you."""
    return Handover(agent=agent, message=f"Handed over to the {agent} agent.")
