"""Stylesheets, scripts and pictures of pages, under names that are made of their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.responses import Response

FOLDER: Final = "/web"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file and the path under which it is served: another content has another path."""

    path: str
    media_type: str
    content: bytes

    def response(self) -> Response:
        """The file, to be kept by browsers for good."""
        return Response(self.content, media_type=self.media_type, headers={"Cache-Control": _FOR_EVER})


def asset_of(file: Path) -> Asset:
    """Read a file that is served as it is. Raises `KeyError` for a kind of file that pages do not use."""
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"{FOLDER}/{file.stem}.{digest}{file.suffix}", _TYPES[file.suffix], content)
