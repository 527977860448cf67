"""How the pages of the desk look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ultracore.web import Templates, Visit


@dataclass(frozen=True, slots=True)
class Look:
    """The templates of the desk, and the addresses of its stylesheet and of the script that asks again."""

    templates: Templates
    style: str
    live: str

    def page(self, name: str, visit: Visit, **values: Any) -> Response:
        """A page of the desk."""
        return self.templates.page(name, visit, desk_style=self.style, live=self.live, **values)
