"""Visitors of the frame: `POST /widget/ask`, `GET /widget/visit`, and the cookie that names their conversation."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.ai.care import Care
from ultracore.chat.admission import Budget
from ultracore.chat.door import read_object
from ultracore.chat.frame.doors import VISIT_COOKIE, WIDGET_ROOT
from ultracore.chat.frame.problems import problem
from ultracore.chat.http import connection_of
from ultracore.chat.runtime import Runtime
from ultracore.errors import AuditUnavailable, InvalidInput, UltracoreError
from ultracore.principal import Connection
from ultracore.widget.visitors import LONGEST, VisitorDesk, WidgetVisit

logger = logging.getLogger(__name__)

A_MINUTE: Final = 10
AN_HOUR: Final = 60
"""Messages of one address, whichever conversations they are in: what a visitor writes is kept."""
TOO_LONG: Final = f"Please write at most {LONGEST} characters."
TOO_MANY: Final = "That was a lot of messages. Please wait a minute, or call us."
AWAY: Final = "I can't answer right now. Please try again in a moment, or call us."


class Visits:
    """A door for people who are not signed in. It reads no login, so what it does is the same for everybody."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._minute = Budget(A_MINUTE)
        self._hour = Budget(AN_HOUR, 3600.0)
        self._noted = Budget(1)

    async def ask(self, request: Request) -> Response:
        """Answer one message. 400 for what no page of ours sends, 429 above the budget, 503 if we cannot."""
        try:
            body = read_object(await request.body())
            text = _text_of(body)
            known = self._visit_of(request)
            visit = known or self._desk.begin(body.get("host"))
        except InvalidInput as error:
            return problem(400, error.code, error.sentence)
        # Somebody in need is told where help is, however much they write, and with every store away.
        care = await self._desk.care_for(visit, text)
        connection = connection_of(request)
        if not self._admits(connection):
            await self._refused(known, connection)
            return _help(care) or problem(429, "visit.limit", TOO_MANY)
        try:
            told = await self._desk.answer(visit, text, care, connection, begun=known is None)
        except UltracoreError as error:
            logger.warning("a visitor was not answered: %s", error.code)
            return _help(care) or problem(503, error.code, AWAY)
        answer = JSONResponse({"text": told.text, "sign_in": told.sign_in})
        keep_visit(answer, self._desk.tokens.token(visit), cross_site=self._runtime.settings.widget_cross_site)
        return answer

    async def shown(self, request: Request) -> Response:
        """What the visitor's conversation shows, for another page of the host; empty if there is none."""
        visit = self._visit_of(request)
        try:
            items = () if visit is None else await self._desk.shown(visit)
        except AuditUnavailable as error:
            logger.warning("a visitor's conversation cannot be drawn: %s", error.code)
            items = ()
        told = [{"own": one.kind == "message", "text": one.text} for one in items if one.kind in _SHOWN]
        return JSONResponse({"items": told}, headers={"Cache-Control": "no-store"})

    async def _refused(self, visit: WidgetVisit | None, connection: Connection) -> None:
        """Put it on the record of a conversation that there is, once a minute: a flood must not fill it."""
        if visit is None or not self._noted.admits(visit.conversation_id):
            return
        try:
            await self._desk.refused(visit, A_MINUTE, connection)
        except AuditUnavailable as error:
            logger.error("a visitor's refused message is not on the record: %s", error.message)

    @property
    def _desk(self) -> VisitorDesk:
        widget = self._runtime.app.widget
        # Without hosts there are no routes to here; without a desk the program is another one's double.
        if widget is None or widget.visitors is None:
            raise InvalidInput("no visitors here", code="visit.host")
        return widget.visitors

    def _visit_of(self, request: Request) -> WidgetVisit | None:
        return self._desk.tokens.visit_of(request.cookies.get(VISIT_COOKIE, ""))

    def _admits(self, connection: Connection) -> bool:
        address = connection.ip_address or ""
        return self._minute.admits(address) and self._hour.admits(address)


_SHOWN: Final = ("message", "answer", "care")


def keep_visit(answer: Response, token: str, *, cross_site: bool) -> None:
    """Set the visit's cookie, or with an empty token take it away."""
    set_frame_cookie(answer, VISIT_COOKIE, token, "" if token else "; Max-Age=0", cross_site=cross_site)


def set_frame_cookie(answer: Response, name: str, value: str, more: str = "", *, cross_site: bool) -> None:
    """Set a cookie of the frame, for its own paths. It ends with the browser."""
    # By hand: Chainlit knows one SameSite a process, and Starlette writes Partitioned from Python 3.14 on.
    site = "SameSite=None; Secure; Partitioned" if cross_site else "SameSite=Lax"
    answer.headers.append("Set-Cookie", f"{name}={value}; Path={WIDGET_ROOT}; HttpOnly; {site}{more}")


def _text_of(body: Mapping[str, object]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput("no text", code="visit.text")
    if len(text) > LONGEST:
        raise InvalidInput("too long a text", code="visit.length", sentence=TOO_LONG)
    return text.strip()


def _help(care: Care | None) -> Response | None:
    if care is None or care.text is None:
        return None
    return JSONResponse({"text": care.text, "sign_in": False})
