"""The texts of letters. They name the login and no person: a name may be anything, also a stranger's address."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ultracore.identity.mail.queue import QueuedLetter
from ultracore.mail import Letter
from ultracore.wording import when_text

_LINK: Final = """\
Somebody asked for a new password for your login {login}.

If it was you, open this link and choose one. It works once, until {until}:

{link}

Your second factor stays as it is, and you will be signed out everywhere.

If it was not you, do nothing: without the link nothing changes, and nobody but you has it.
{foot}"""
_RESET: Final = """\
The password of your login {login} was set anew by a one-time link on {when}.

All sessions have ended. For 24 hours a customer's login can pay nothing to other people.

If it was not you, call {phone} now.
{foot}"""
_CONTACT: Final = """\
The mail address of your login {login} was changed on {when}. Links for a new password go to
the new one from now on.
This address is told of changes to the login for another 30 days.

If it was not you, call {phone} now.
{foot}"""
_FOOT: Final = """
UltraCore Bank, {phone}
We never ask for your password, in a letter or on the phone. Please do not answer: nobody reads this address.
"""


def link_letter(waiting: QueuedLetter, address: str, link: str, until: datetime, phone: str) -> Letter:
    """A letter with a link. Each attempt has a link of its own, and so an id of its own."""
    foot = _FOOT.format(phone=phone)
    text = _LINK.format(login=waiting.user_id, until=when_text(until), link=link, foot=foot)
    letter_id = f"{waiting.mail_id}.{waiting.attempts}"
    return Letter(letter_id=letter_id, address=address, subject="A new password for your login", text=text)


def word_of(waiting: QueuedLetter, address: str, phone: str) -> Letter:
    """A letter that tells what was done."""
    subject, text = (
        ("Your password was set anew", _RESET)
        if waiting.kind == "reset"
        else ("Your mail address was changed", _CONTACT)
    )
    told = {"login": waiting.user_id, "when": when_text(waiting.made_at), "phone": phone}
    letter = text.format(**told, foot=_FOOT.format(phone=phone))
    return Letter(letter_id=waiting.mail_id, address=address, subject=subject, text=letter)
