"""Wishes for a link to set a new password, by people who are not signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ultracore.cache import RateLimiter
from ultracore.cache.stores import network_of
from ultracore.errors import SignInLimited
from ultracore.identity import MailQueue

OF_A_NAME: Final = 3
OF_A_NETWORK: Final = 20
_HOUR: Final = 3_600.0
_TOO_MANY: Final = "Links were asked for too often. Please wait an hour, or call the bank."
# What no login is called is not kept even while a letter waits: people type passwords into the field.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]*")


@dataclass(frozen=True, slots=True)
class LinkWishes:
    """Takes wishes for a link: a few an hour of a name and of a network, whether or not there is such a login."""

    queue: MailQueue
    limiter: RateLimiter
    digest: Callable[[Any], str]

    async def take(self, name: str, ip_address: str | None) -> None:
        """Let the wish wait for the post. Raises `SignInLimited`, `Unavailable`."""
        for wished, limit in (
            (["network", network_of(ip_address or "")], OF_A_NETWORK),
            (["name", name], OF_A_NAME),
        ):
            key = self.digest(["password link", *wished])
            decision = await self.limiter.hit(f"password-link:{key}", limit, _HOUR)
            if not decision.allowed:
                raise SignInLimited("too many links", retry_after=decision.retry_after, sentence=_TOO_MANY)
        await self.queue.ask_link(name if _NAME.fullmatch(name) else "", ip_address)
