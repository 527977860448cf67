"""The bank's tools: one file a tool, in a folder for each subject. Nothing else names them one by one."""

from ultracore.ai.profiles import PROFILES
from ultracore.ai.tools.discovery import find_tools
from ultracore.ai.tools.toolset.conversation import hand_over
from ultracore.ai.tools.toolset.privacy import viewing_result

TOOLS = find_tools(__name__, PROFILES)
"""Every tool: those of the published API in its order, then the others by folder and name."""

PROGRAM_TOOLS = tuple(tool for tool in TOOLS if not tool.conversational)
"""What programs are offered: they have no conversation to steer."""

__all__ = ["PROGRAM_TOOLS", "TOOLS", "hand_over", "viewing_result"]
