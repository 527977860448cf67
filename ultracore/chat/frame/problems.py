"""Answers of the frame's doors that say what was wrong, as of RFC 9457."""

from __future__ import annotations

from typing import Final

from starlette.responses import JSONResponse, Response

PROBLEM: Final = "application/problem+json"
_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


def problem(status: int, code: str, sentence: str) -> Response:
    """`code` is for the bank's web team, `detail` for a person."""
    body = {"type": "about:blank", "title": _TITLES[status], "status": status, "code": code, "detail": sentence}
    return JSONResponse(body, status_code=status, media_type=PROBLEM)
