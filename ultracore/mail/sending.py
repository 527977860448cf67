"""Hands a letter to the mail server, within a time, and tells what it said."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

import aiosmtplib

from ultracore.errors import Unavailable
from ultracore.mail.letter import Letter
from ultracore.mail.server import MailServer

SEND_SECONDS: Final = 20.0


class MailUnsent(Unavailable):
    """The letter was not taken. `is_final` if the server says that it never will be."""

    default_code = "mail.unsent"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


async def send(server: MailServer, letter: Letter, now: datetime, *, seconds: float = SEND_SECONDS) -> None:
    """Return once the server has taken the letter. Raises `MailUnsent`, whose message names no address.

    A server that takes it and does not say so within the time gets it again later.
    """
    client = _client(server, seconds)
    try:
        # Around everything: the client's own limit is for each answer, and a server may send a line a second.
        async with asyncio.timeout(seconds), client:
            message = letter.message(server.sender, now)
            await client.send_message(message, sender=server.sender, recipients=[letter.address])
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [one.code for one in error.recipients]
        raise MailUnsent("the recipient was refused", is_final=all(map(_is_final, codes))) from error
    except aiosmtplib.SMTPAuthenticationError as error:
        # The operator can mend this while the letter waits.
        raise MailUnsent("the mail server does not know our user and password") from error
    except aiosmtplib.SMTPResponseException as error:
        raise MailUnsent(f"the mail server answers {error.code}", is_final=_is_final(error.code)) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise MailUnsent(f"the mail server could not be used: {type(error).__name__}") from error
    except ValueError as error:
        raise MailUnsent("the letter has a header that cannot be sent", is_final=True) from error
    finally:
        client.close()


def _client(server: MailServer, seconds: float) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=None if server.password is None else server.password.get_secret_value(),
        use_tls=server.encryption == "tls",
        start_tls=server.encryption == "starttls",
        tls_context=server.tls(),
        timeout=seconds,
        # Not asked of the name service, which may be as slow as it likes.
        local_hostname=server.sender.rpartition("@")[2],
    )


def _is_final(code: int) -> bool:
    return 500 <= code < 600
