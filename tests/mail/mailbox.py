"""A mail server of a test's own, which can refuse, hang and hang up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import free_port
from ultracore.mail import MailServer


@dataclass
class Mailbox:
    """What was taken. `refusal` is the answer to every recipient from now on; with `drops` the connection breaks
    after a letter was taken.
    """

    port: int
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    tries: int = 0
    refusal: str | None = None
    drops: bool = False
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def server(self) -> MailServer:
        """The settings of it, in clear."""
        return MailServer(
            host="127.0.0.1",
            port=self.port,
            encryption="none",
            sender="no-reply@bank.example",
            public_address="https://bank.example",
        )

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or say the refusal."""
        self.tries += 1
        if self.refusal is not None:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the letter; the connection may break before that is said."""
        content = cast(bytes, envelope.content)
        self.letters.append(message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        self.arrived.set()
        if self.drops:
            server.transport.abort()  # type: ignore[union-attr]
        return "250 OK"

    def text(self, index: int = -1) -> str:
        """The text of a letter."""
        return str(self.letters[index].get_content()).replace("\r\n", "\n")


@asynccontextmanager
async def mailbox(
    certificate: ssl.SSLContext | None = None, password: bytes | None = None, port: int | None = None
) -> AsyncIterator[Mailbox]:
    """An open one; with a certificate it wants STARTTLS, with a password a sign-in of `anya`."""
    box, loop = Mailbox(port or free_port()), asyncio.get_running_loop()

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"anya", password)
        return AuthResult(success=known, handled=False)

    made: list[SMTP] = []

    def protocol() -> SMTP:
        one = SMTP(
            box,
            hostname="mail.bank.example",
            loop=loop,
            tls_context=certificate,
            require_starttls=certificate is not None,
            auth_required=password is not None,
            authenticator=authenticate if password is not None else None,
        )
        made.append(one)
        return one

    listening = await loop.create_server(protocol, "127.0.0.1", box.port)
    try:
        yield box
    finally:
        listening.close()
        for one in made:
            if one.transport is not None:
                one.transport.abort()  # type: ignore[attr-defined]
        # An aborted transport closes its socket in the next round of the loop, one with TLS in the one after.
        for _ in range(3):
            await asyncio.sleep(0)
        await listening.wait_closed()
