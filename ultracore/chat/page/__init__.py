"""What a conversation shows, the pages that follow it, and how turns are drawn."""

from ultracore.chat.page import wire
from ultracore.chat.page.again import NOT_AGAIN, is_again, question_of
from ultracore.chat.page.conversation import SharedConversation, SharedConversations
from ultracore.chat.page.dead_turns import end_dead
from ultracore.chat.page.page import Page
from ultracore.chat.page.recorded import steps_of
from ultracore.chat.page.render import ChainlitView
from ultracore.chat.page.stage import STOP, Change, EntryForm, Stage, running_id
from ultracore.chat.page.stopping import stop_elsewhere
from ultracore.chat.page.titles import Titles

__all__ = [
    "NOT_AGAIN",
    "STOP",
    "ChainlitView",
    "Change",
    "EntryForm",
    "Page",
    "SharedConversation",
    "SharedConversations",
    "Stage",
    "Titles",
    "end_dead",
    "is_again",
    "question_of",
    "running_id",
    "steps_of",
    "stop_elsewhere",
    "wire",
]
