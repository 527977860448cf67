"""What the pages about one's own login share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from starlette.requests import Request

from ultracore.admin.parts import AdminServer
from ultracore.cache.stores import Attempt
from ultracore.errors import CustomerError, SignInLimited, SignInRefused
from ultracore.web import Visit

Result = TypeVar("Result")
_TOO_MANY: Final = "Too many wrong passwords. Please wait a quarter of an hour."


async def counted(
    server: AdminServer, login: str, request: Request, work: Callable[[], Awaitable[Result]]
) -> Result:
    """Do what asks for the password, counted as a sign-in is.

    Who found a screen unlocked must not guess at leisure.
    """
    throttle, browser = server.parts().throttle, server.connection(request)
    attempt = await throttle.admit(login, browser.ip_address or "")
    if not isinstance(attempt, Attempt):
        raise SignInLimited("too many wrong passwords", retry_after=900, sentence=_TOO_MANY)
    try:
        done = await work()
    except SignInRefused:
        await throttle.failed(attempt)
        raise
    except BaseException:
        await throttle.withdrawn(attempt)
        raise
    await throttle.succeeded(attempt)
    return done


async def end_others(server: AdminServer, visit: Visit) -> bool:
    """End the person's other sessions; this one goes on. False if there were none."""
    parts, person = server.parts(), visit.principal
    living = await parts.logins.of_user(person.tenant_id, person.user_id)
    others = [login_id for login_id in living if login_id != person.login_id]
    if others:
        await parts.identity.credentials.note_sessions_ended(person, server.connection(visit.request))
    for login_id in others:
        await parts.logins.revoke(login_id)
    return bool(others)


def status_of(refusal: CustomerError) -> int:
    """The status of a page that says what was wrong."""
    return 429 if isinstance(refusal, SignInLimited) else 400
