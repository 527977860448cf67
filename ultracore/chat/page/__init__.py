"""What a conversation shows, the pages that follow it, and how turns are drawn."""

from ultracore.chat.page import wire
from ultracore.chat.page.conversation import SharedConversation, SharedConversations
from ultracore.chat.page.keeping import Keeper
from ultracore.chat.page.page import Page
from ultracore.chat.page.render import ChainlitView

__all__ = [
    "ChainlitView",
    "Keeper",
    "Page",
    "SharedConversation",
    "SharedConversations",
    "wire",
]
