"""One agent hands the conversation to another in the middle of a turn: asked for by a model, decided by code."""

from __future__ import annotations

from typing import Annotated, Final, TypedDict

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from ultracore.ai.profiles import PROFILES, profile_for_domain
from ultracore.ai.tools.arguments import Resource
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary

DOMAINS: Final = tuple(profile.domain for profile in PROFILES)


def _known(agent: str) -> str:
    if profile_for_domain(agent) is None:
        raise ValueError("no such agent")
    return agent


Target = Annotated[
    str,
    AfterValidator(_known),
    Resource("agent"),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(DOMAINS),
            "description": "The agent whose subject the customer's request is.",
        }
    ),
]
Reason = Annotated[str, StringConstraints(max_length=200), Field(description="Why, in a few words.")]


class Handover(TypedDict):
    """Who answers from here on."""

    agent: str
    message: str


@tool(
    tool_class=ToolClass.READ,
    agents=DOMAINS,
    # No role: every person who has an agent may be handed over, and the policy need not list it.
    roles=(),
    title="Found the right agent",
    working="Finding the right agent…",
    summary=message_summary,
    conversational=True,
)
async def hand_over(context: ToolContext, agent: Target, reason: Reason = "") -> Handover:
    """Hand the conversation to another agent, when the customer's request is not your subject. Do not use it to
    avoid a request that is yours, and do not hand back what was just handed to you."""
    return Handover(agent=agent, message=f"Handed over to the {agent} agent.")
