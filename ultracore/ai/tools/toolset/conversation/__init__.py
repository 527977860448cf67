"""What steers the conversation itself."""

from ultracore.ai.tools.toolset.conversation.hand_over import hand_over

__all__ = ["hand_over"]
