"""What the bank's people write on: the pages of a customer's conversation, on whichever replica they are."""

from __future__ import annotations

from ultracore.ai.screen import TurnView
from ultracore.chat.page import ChainlitView, stop_elsewhere
from ultracore.chat.runtime import Runtime
from ultracore.principal import Principal


class PersonsBoard:
    """Shows through the conversation's log, which every page of it follows."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def view(self, conversation_id: str, owner: Principal) -> TurnView:
        """All pages of the conversation."""
        conversation = self._runtime.conversation(conversation_id, owner)
        await conversation.fill()
        return ChainlitView(conversation)

    async def stop(self, conversation_id: str, owner: Principal) -> None:
        """End the talking of the turn that runs, in this process or another."""
        app = self._runtime.app
        app.desk.stop_here(conversation_id)
        conversation = self._runtime.conversation(conversation_id, owner)
        await conversation.fill()
        await stop_elsewhere(conversation.stage, app.logs.name)
