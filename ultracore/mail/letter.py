"""A letter, and the addresses that one can be sent to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

LONGEST_ADDRESS: Final = 254
# Without quoted local parts, comments and address literals, which people do not have and parsers read differently.
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)"
)
_LONGEST_LOCAL: Final = 64


def is_mail_address(text: str) -> bool:
    """True for an address that stands in a header as it is: no blank, no line break, nothing to be quoted."""
    fits = len(text) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None
    return fits and len(text.partition("@")[0]) <= _LONGEST_LOCAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is sent to one address. `letter_id` is the same each time that the same letter is sent again, so that
    mail programs can show it once.
    """

    letter_id: str
    address: str
    subject: str
    text: str

    def message(self, sender: str, now: datetime) -> EmailMessage:
        """The letter with its headers. Raises `ValueError` for a line break in one."""
        message = EmailMessage(policy=SMTP)
        message["From"] = sender
        message["To"] = self.address
        message["Subject"] = self.subject
        message["Date"] = format_datetime(now.astimezone(UTC))
        message["Message-ID"] = f"<{self.letter_id}@{sender.rpartition('@')[2]}>"
        # So that no automatic answer comes back (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        return message
