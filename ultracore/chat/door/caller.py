"""Who an HTTP request comes from."""

from __future__ import annotations

from starlette.requests import Request

from ultracore.chat.door.identity import login_of_cookies
from ultracore.chat.runtime import Runtime
from ultracore.errors import SessionEnded
from ultracore.principal import Principal


async def caller_of(request: Request, runtime: Runtime) -> Principal:
    """The person behind the login cookie. Raises `SessionEnded` if the cookie has no live session."""
    login_id = login_of_cookies(request.cookies)
    # Asked of Redis every time: Chainlit's own cookie stays valid after a sign-out.
    principal = await runtime.app.logins.get(login_id) if login_id else None
    if principal is None:
        raise SessionEnded("no live login session")
    return principal
