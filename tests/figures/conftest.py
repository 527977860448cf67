"""The whole program with `customer1` in a conversation, and the pages about the figures of its answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.ai.conftest import settings
from tests.ai.screen import Desk
from tests.documents.conftest import DocumentWorld
from tests.support.scripted_model import ScriptedModel
from ultracore.figures import FigureParts, FigureServer, figure_pages
from ultracore.principal import Connection
from ultracore.settings import Settings
from ultracore.web import PageTable, Site

__all__ = ["settings"]


class FigureWorld(DocumentWorld):
    """The people of the documents' tests, at other pages."""

    def pages(self, site: Site) -> PageTable:
        """The pages about figures."""
        parts = self.desk.app.document_parts
        served = FigureParts(parts.bank, parts.trail, parts.threads, parts.limiter)
        server = FigureServer(lambda: served, lambda request: Connection("10.0.0.1", "test"))
        return figure_pages(site, server)

    async def figures_of_last(self, who: str = "customer1") -> str:
        """The page of the newest answer."""
        path = f"/figures/{self.desk.conversation_id}"
        leads = (await self.get(path, who)).text
        _, found, rest = leads.partition(f'href="{path}/')
        return (await self.get(f"{path}/{rest.partition(chr(34))[0]}", who)).text if found else leads


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[FigureWorld]:
    """The offline model answers."""
    async with Desk.open(settings, ScriptedModel()) as desk:
        yield FigureWorld(desk)
