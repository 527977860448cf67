"""Who may use which tool and talk to which agent until the policy says otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from ultracore.ai.profiles import AgentProfile
from ultracore.ai.tools.definition import Tool, ToolClass
from ultracore.banking.access import Grants


def grants_of(tools: Iterable[Tool], profiles: Iterable[AgentProfile]) -> Grants:
    """The grants of these tools and agents, for the bank's policy to start from."""
    declared = tuple(tools)
    return Grants(
        tools={tool.name: tool.roles for tool in declared if not tool.conversational},
        agents={profile.domain: frozenset(profile.roles) for profile in profiles},
        about_nobody=frozenset(tool.name for tool in declared if tool.conversational),
        step_up=frozenset(tool.name for tool in declared if tool.tool_class is ToolClass.SEALED_WITH_STEP_UP),
    )
