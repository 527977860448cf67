"""A customer's copy of everything that is held about them: the ledger's rows, their conversations, who looked."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from ultracore.ai.tools.toolset import viewing_result
from ultracore.audit import (
    AuditEvent,
    AuditEventType,
    AuditTrail,
    EventFilter,
    Origin,
    StreamInfo,
    Subject,
    wire_time,
)
from ultracore.audit.replay import replay
from ultracore.audit.reports import DOWNLOAD, Viewings
from ultracore.audit.vocabulary import OwnDataDownloaded
from ultracore.banking import Bank
from ultracore.banking.subject import data_of_customer
from ultracore.cache import RateLimiter
from ultracore.errors import InvalidInput, RateLimited
from ultracore.principal import Connection, Principal

# A copy reads everything that is held about a person, so a stolen session or a script must not ask without end.
DOWNLOADS_AN_HOUR: Final = 10
FORMAT: Final = "ultracore.my-data.v1"
_HOUR: Final = 3600.0
_SIGN_INS: Final = frozenset({AuditEventType.LOGIN, AuditEventType.LOGIN_FAILED, AuditEventType.LOGOUT})
# Bounded, because each is opened with the customer's key and held in memory.
_MOST_SIGN_INS: Final = 10_000
_TOO_MANY: Final = "You have downloaded your data several times just now. Please try again in an hour."

_CUSTOMERS_ONLY: Final = (
    "This page is for customers: it shows what the bank holds about the person who is signed in."
)


class SubjectAccess:
    """Gathers the copy. Only a signed-in customer gets one, and only their own."""

    def __init__(self, bank: Bank, trail: AuditTrail, limiter: RateLimiter) -> None:
        self._bank = bank
        self._trail = trail
        self._limiter = limiter

    async def copy_for(self, principal: Principal, connection: Connection, *, form: str) -> dict[str, Any]:
        """The whole copy, JSON-able; `form` (`html` or `json`) goes on the record with the download.

        Shape: `format`, `made_at`, `customer_id`, `bank` (rows by section), `conversations` (each with what was
        `shown` and its `events` with what they hold), `sign_ins`, `viewings` (who looked). The download is on the
        record before anything is read. Raises `InvalidInput` for a principal who is no customer, `RateLimited`
        above `DOWNLOADS_AN_HOUR`, `AuditUnavailable`, `LedgerUnavailable`, `CacheUnavailable`.
        """
        customer_id = principal.customer_id
        if customer_id is None or principal.is_staff:
            raise InvalidInput("not a customer", code="access.no_customer", sentence=_CUSTOMERS_ONLY)
        await self._admit(principal)
        # On the record before anything is read: there is no copy that the record does not know of.
        await self._tell(principal, customer_id, connection, form)
        store, tenant_id = await self._trail.store(), principal.tenant_id
        viewings = await Viewings(store).of_customer(tenant_id, customer_id)
        bank = await data_of_customer(self._bank.database, tenant_id, customer_id)
        # A conversation of staff about this customer may tell of other customers, so only their own logins count.
        own = {row["user_id"] for row in bank["logins"]}
        return {
            "format": FORMAT,
            "made_at": wire_time(datetime.now(UTC)),
            "customer_id": customer_id,
            "bank": bank,
            "conversations": await self._conversations(tenant_id, customer_id, own),
            "sign_ins": await self._sign_ins(tenant_id, customer_id),
            "viewings": [viewing_result(one) for one in viewings],
        }

    async def _admit(self, principal: Principal) -> None:
        key = f"my-data:{principal.tenant_id}:{principal.user_id}"
        decision = await self._limiter.hit(key, DOWNLOADS_AN_HOUR, _HOUR)
        if not decision.allowed:
            raise RateLimited(
                "too many downloads",
                retry_after=decision.retry_after,
                code="my_data.too_many",
                sentence=_TOO_MANY,
            )

    async def _tell(self, principal: Principal, customer_id: str, connection: Connection, form: str) -> None:
        event = OwnDataDownloaded(customer_id=customer_id, form=form, action=DOWNLOAD)
        browser = {"ip_address": connection.ip_address, "user_agent": connection.user_agent}
        origin = Origin(principal.tenant_id, principal.user_id, **browser)
        await self._trail.write(event, origin, Subject.of(principal))

    async def _conversations(
        self, tenant_id: str, customer_id: str, logins: Collection[str]
    ) -> list[dict[str, Any]]:
        """The conversations of the customer's own logins. Those of staff about them may tell of others."""
        store = await self._trail.store()
        streams = await store.streams(tenant_id=tenant_id, customer_id=customer_id)
        found = []
        for stream in (one for one in streams if one.user_id in logins):
            events = await store.events(stream.stream_id)
            # Replaying a long conversation takes longer than the event loop may be held up.
            found.append(await asyncio.to_thread(_conversation, stream, events))
        return found

    async def _sign_ins(self, tenant_id: str, customer_id: str) -> list[dict[str, Any]]:
        store, found = await self._trail.store(), []
        for user_id in await self._bank.users.of_customer(tenant_id, customer_id):
            wanted = EventFilter(tenant_id=tenant_id, user_id=user_id, types=_SIGN_INS)
            found += [_sign_in(event) for event in await store.recent(wanted, limit=_MOST_SIGN_INS)]
        return found


def _conversation(stream: StreamInfo, events: list[AuditEvent]) -> dict[str, Any]:
    times = {"began_at": wire_time(stream.first_at), "last_at": wire_time(stream.last_at)}
    shown = [item.to_dict() for item in replay(events, "customer")]
    kept = [event.to_dict() for event in events]
    return {"conversation_id": stream.stream_id, **times, "shown": shown, "events": kept}


def _sign_in(event: AuditEvent) -> dict[str, Any]:
    # A closed list: a member that sign-ins get later must not slip into the copy unseen.
    names = ("event_type", "user_id", "result", "ip_address", "user_agent")
    told = {name: value for name, value in asdict(event).items() if name in names}
    return {"time": wire_time(event.timestamp), **told, "event_type": str(event.event_type)}
