"""Opens the post over an open bank and record."""

from __future__ import annotations

from contextlib import AsyncExitStack

from ultracore.audit import AuditTrail
from ultracore.banking import Bank
from ultracore.identity.mail.post import LOOK_SECONDS, Post
from ultracore.mail import MailServer
from ultracore.tasks import RepeatedTask


def open_post(stack: AsyncExitStack, bank: Bank, trail: AuditTrail, server: MailServer | None, phone: str) -> None:
    """Send the letters that wait until the stack ends; without a server none are sent."""
    if server is None:
        return
    post = Post(bank.database, trail, server, phone)
    sending = RepeatedTask("post", post.step, retry=LOOK_SECONDS)
    sending.start()
    stack.push_async_callback(sending.stop)
