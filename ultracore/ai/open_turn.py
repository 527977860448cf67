"""A turn on its way from the message to its end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ultracore.ai.care import Care
from ultracore.ai.recording import RecordingView, TurnLog
from ultracore.ai.screen import Inbound, TurnView
from ultracore.ai.tools import ToolOutcome
from ultracore.languages import Language
from ultracore.principal import Principal


@dataclass(slots=True)
class OpenTurn:
    """A turn of a signed-in person in their own conversation, from intake to its end.

    `working_for` is the customer whom a member of staff has named; `calling` the tool call that was begun last;
    `said` the message as it was admitted, masked; `wish` what staff wrote besides the customer's name;
    `resumed` an earlier message that is answered in its place; `care` what its writer was told for being in need;
    `language` the one that it is answered in.
    """

    inbound: Inbound
    principal: Principal
    agent: str | None
    log: TurnLog
    # Beside the recording one, for what is on the record already, or must not be on it a second time.
    raw_view: TurnView
    view: RecordingView
    working_for: str | None = None
    begun: bool = False
    said: str | None = None
    wish: str | None = None
    resumed: str | None = None
    calling: asyncio.Task[ToolOutcome] | None = None
    care: Care | None = None
    care_recorded: bool = False
    language: Language = "en"

    def work_for(self, customer_id: str | None) -> None:
        """From here on the turn is about this customer, whose key seals what is recorded of it."""
        self.working_for = customer_id
        if customer_id is not None:
            self.log.record.about(customer_id)
            self.view.about(customer_id)

    @property
    def conversation_id(self) -> str:
        return self.inbound.conversation_id

    @property
    def reference(self) -> str:
        """The reference that the person may be told."""
        return self.log.record.reference
