"""What the forms for somebody who is not signed in have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import Response

from ultracore.admin.parts import AdminServer
from ultracore.web import Form, PageTable, Site, Templates


class OpenForm(ABC):
    """A form at `path`: GET shows it, POST takes it."""

    path: ClassVar[str]

    def __init__(self, site: Site, server: AdminServer, templates: Templates) -> None:
        self._site = site
        self._server = server
        self._templates = templates

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add_open("GET", self.path, self._opened)
        table.add_open("POST", self.path, self._sent)

    @abstractmethod
    async def _opened(self, request: Request, form: Form) -> Response:
        """Answer with the form."""

    @abstractmethod
    async def _sent(self, request: Request, form: Form) -> Response:
        """Carry out what the form asks for, or answer with the form and what is wrong with it."""
