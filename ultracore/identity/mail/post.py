"""Sends the letters that wait: one at a time, each tried again for a time, its outcome on the record.

A link is made when its letter is sent, since the queue must hold none that works. If the server takes a letter and
does not say so, it is sent again: the later link counts.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from ultracore.audit import AuditTrail
from ultracore.audit.vocabulary import ContactChanged, IdentityEvent, IdentityResult, PasswordReset
from ultracore.banking import Clock, utc_now
from ultracore.banking.store import Database
from ultracore.identity import links
from ultracore.identity.book import LoginBook
from ultracore.identity.mail.addresses import MailAddresses
from ultracore.identity.mail.letters import link_letter, word_of
from ultracore.identity.mail.queue import MailQueue, QueuedLetter
from ultracore.identity.record import IdentityRecord
from ultracore.identity.values import Actor, LoginView
from ultracore.mail import SEND_SECONDS, Letter, MailServer, MailUnsent, send
from ultracore.principal import Connection

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
# Nobody waits at a sign-in page for longer; word of what was done is of use the next day too.
LINK_WAITS: Final = timedelta(minutes=30)
WORD_WAITS: Final = timedelta(hours=24)
_FIRST_PAUSE: Final = 10.0
_LONGEST_PAUSE: Final = 1_800.0
_POST: Final = "post"


class Post:
    """`step` is the work of a `RepeatedTask`."""

    def __init__(
        self,
        database: Database,
        trail: AuditTrail,
        server: MailServer,
        phone: str,
        *,
        clock: Clock = utc_now,
        seconds: float = SEND_SECONDS,
    ) -> None:
        self._database = database
        self._book = LoginBook(database)
        self._addresses = MailAddresses(database, trail, clock=clock)
        self._queue = MailQueue(database, clock)
        self._record = IdentityRecord(trail)
        self._server = server
        self._phone = phone
        self._clock = clock
        self._seconds = seconds

    async def step(self) -> float:
        """Send a letter if one is due; seconds until the next time. Raises as `send_next` does."""
        return 0.0 if await self.send_next() else LOOK_SECONDS

    async def send_next(self) -> bool:
        """Send a letter that is due; False if none is. Raises `AuditUnavailable` and `LedgerUnavailable`."""
        waiting = await self._queue.claim()
        if waiting is None:
            return False
        login = await self._book.find(waiting.user_id)
        if login is None or login.state == "disabled":
            # A name that no login has is not written down: people type passwords into that field.
            await self._queue.ended(waiting)
            return True
        if waiting.kind == "link" and waiting.attempts == 0:
            await self._note(waiting, login, _asked(login))
        # Also if the process ended in the middle of each attempt, which no attempt has noticed.
        if self._clock() >= _until(waiting):
            await self._end(waiting, login, "failure")
        else:
            await self._deliver(waiting, login)
        return True

    async def _deliver(self, waiting: QueuedLetter, login: LoginView) -> None:
        address = waiting.address or await self._addresses.of(login.login)
        if address is None:
            await self._end(waiting, login, "failure")
            return
        try:
            letter = await self._letter(waiting, login, address)
            await send(self._server, letter, self._clock(), seconds=self._seconds)
        except MailUnsent as error:
            logger.warning("a letter was not sent: %s", error.message, extra={"kind": waiting.kind})
            await self._failed(waiting, login, error)
        else:
            await self._end(waiting, login, "success")

    async def _letter(self, waiting: QueuedLetter, login: LoginView, address: str) -> Letter:
        if waiting.kind != "link":
            return word_of(waiting, address, self._phone)
        token, now = links.new_token(), self._clock()
        await self._database.write(lambda session: links.make(session, token, login.login, _POST, now))
        link = f"{self._server.public_address}/set-password/{token}"
        return link_letter(waiting, address, link, now + links.LASTS, self._phone)

    async def _failed(self, waiting: QueuedLetter, login: LoginView, error: MailUnsent) -> None:
        pause = min(_FIRST_PAUSE * 2**waiting.attempts, _LONGEST_PAUSE)
        if error.is_final or self._clock() + timedelta(seconds=pause) >= _until(waiting):
            await self._end(waiting, login, "failure")
        else:
            await self._queue.again(waiting, pause)

    async def _end(self, waiting: QueuedLetter, login: LoginView, result: IdentityResult) -> None:
        await self._note(waiting, login, _outcome(waiting, login, result))
        await self._queue.ended(waiting)

    async def _note(self, waiting: QueuedLetter, login: LoginView, event: IdentityEvent) -> None:
        # Who asks at the sign-in page is nobody that we know.
        actor = Actor(name=_POST, tenant_id=None, connection=Connection(waiting.ip_address, None))
        await self._record.write(event, actor, login)


def _until(waiting: QueuedLetter) -> datetime:
    return waiting.made_at + (LINK_WAITS if waiting.kind == "link" else WORD_WAITS)


def _asked(login: LoginView) -> PasswordReset:
    return PasswordReset(by="sign-in page", login=login.login, step="asked", result="requested")


def _outcome(waiting: QueuedLetter, login: LoginView, result: IdentityResult) -> IdentityEvent:
    if waiting.kind == "contact":
        return ContactChanged(by=_POST, login=login.login, step="told", result=result)
    return PasswordReset(
        by=_POST, login=login.login, step="mailed" if waiting.kind == "link" else "told", result=result
    )
