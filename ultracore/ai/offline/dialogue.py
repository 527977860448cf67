"""Decides what to answer."""

from __future__ import annotations

from ultracore.ai.offline.wire import Conversation, Reply


def answer(conversation: Conversation) -> Reply:
    """The reply to the current exchange."""
    return Reply(text="I am the offline demo model of this bank.")
