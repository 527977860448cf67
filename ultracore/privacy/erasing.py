"""Erasure as the settings describe it: the record, Redis, the ledger and the index, put together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from ultracore.audit import AuditStore, Subject
from ultracore.audit.defaults import erased_list, open_store
from ultracore.audit.erasure import Erasure, ErasureParts, customers_named
from ultracore.audit.index.defaults import open_index
from ultracore.banking import Bank
from ultracore.banking.defaults import open_bank
from ultracore.banking.store import Database
from ultracore.banking.subject import forget_words, known_by, tenants_of
from ultracore.cache import RedisClient
from ultracore.cache.defaults import server_of
from ultracore.cache.stores import RedisEraser, Traces
from ultracore.errors import OperatorError
from ultracore.settings import Settings

if TYPE_CHECKING:
    from ultracore.audit.defaults import RecordReader

_log = logging.getLogger(__name__)

# The reason outlives the customer's key, so it has to stay short: no place for a story about the person.
_LONGEST_REASON: Final = 200
# Shorter parts of a name ("de", "Li") are ordinary words and would refuse harmless reasons.
_SHORTEST_NAME: Final = 3


class RedisWords:
    """See `Forgetful`: what Redis holds of a customer. `client` connects at first use."""

    def __init__(self, client: Callable[[], Awaitable[RedisClient]], store: AuditStore, ledger: Database) -> None:
        self._client = client
        self._store = store
        self._ledger = ledger

    async def forget(self, subject: Subject) -> int:
        """Delete every key that holds something of the customer; how many there were."""
        if subject.kind != "customer":
            return 0
        traces = await traces_of(self._store, self._ledger, subject)
        return await RedisEraser(await self._client()).forget(traces)

    async def sign_out(self, subject: Subject) -> int:
        """End the sessions of the customer's logins; how many there were."""
        if subject.kind != "customer":
            return 0
        traces = await traces_of(self._store, self._ledger, subject)
        return await RedisEraser(await self._client()).sign_out(traces)


class LedgerWords:
    """See `Forgetful`: what the ledger's database holds in a customer's own words."""

    def __init__(self, ledger: Database) -> None:
        self._ledger = ledger

    async def forget(self, subject: Subject) -> int:
        """Overwrite and delete it; how many rows."""
        if subject.kind != "customer":
            return 0
        return await forget_words(self._ledger, subject.tenant_id, subject.id)


class IndexWords:
    """See `Forgetful`: the words of the audit index, opened for each erasure."""

    def __init__(self, settings: Settings, store: AuditStore) -> None:
        self._settings = settings
        self._store = store

    async def forget(self, subject: Subject) -> int:
        """Delete the words that were read with the subject's keys; how many tokens. Raises `IndexUnavailable`."""
        # Opened here and not at the start, so that an index that is down fails this step and no other.
        index = await open_index(self._settings, self._store)
        try:
            return await index.forget(subject)
        finally:
            await index.close()


async def traces_of(store: AuditStore, ledger: Database, subject: Subject) -> Traces:
    """The names by which a customer is known, also in the conversations that staff held about them."""
    # The ledger knows logins and accounts, but only the record knows in which conversations staff named the
    # customer.
    known = await known_by(ledger, subject.tenant_id, subject.id)
    conversations = await store.read(partial(_conversations_about, subject=subject))
    return Traces(
        tenant_id=subject.tenant_id,
        customer_id=subject.id,
        user_ids=frozenset() if known is None else known.user_ids,
        conversation_ids=conversations,
        account_ids=frozenset() if known is None else known.account_ids,
    )


def _conversations_about(reader: RecordReader, subject: Subject) -> frozenset[str]:
    """Conversations with an event under one of the customer's keys, or that names the customer.

    Goes through the tenant's whole record: what an event is sealed with stands in its body alone.
    """
    keys = reader.sealing_keys(
        "tenant_id = ? AND ((kind = 'customer' AND subject_id = ?) "
        "OR (kind = 'evidence' AND substr(subject_id, 1, length(?)) = ?))",
        (subject.tenant_id, subject.id, *[f"{subject.id}/"] * 2),
    )
    # Bodies are searched as bytes: parsing every event of a tenant would take far longer.
    wanted = [f'"{row[0]}"'.encode() for row in keys] + [f'"resource_id":"{subject.id}"'.encode()]
    stored = reader.stored("tenant_id = ?", (subject.tenant_id,))
    found = {event.stream_id for event in stored if any(words in event.body for words in wanted)}
    return frozenset(stream for stream in found if not stream.startswith("system:"))


def parts_of(
    settings: Settings,
    store: AuditStore,
    bank: Bank,
    client: Callable[[], Awaitable[RedisClient]],
) -> ErasureParts:
    """Put the collaborators of an erasure together."""
    redis = RedisWords(client, store, bank.database)
    ledger, index = LedgerWords(bank.database), IndexWords(settings, store)
    return ErasureParts(
        store=store,
        erased=erased_list(settings),
        # By these names the steps stand in the table of steps: one that is renamed would be done once more.
        forgetful={"redis": redis, "ledger": ledger, "index": index},
        sign_out=redis.sign_out,
        two_persons=settings.erasure_wants_two_persons,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenErasure:
    """An erasure with what belongs to it, open."""

    settings: Settings
    store: AuditStore
    bank: Bank
    erasure: Erasure

    async def subject_of(self, customer_id: str, tenant_id: str | None) -> Subject:
        """The customer. Raises `OperatorError` if they are unknown, or if the tenant must be given."""
        known = set(await self.store.run(partial(customers_named, customer_id=customer_id)))
        known |= set(await tenants_of(self.bank.database, customer_id))
        # Both are asked: a customer may have gone from the ledger, or never have talked.
        tenants = sorted(known if tenant_id is None else known & {tenant_id})
        if len(tenants) > 1:
            raise OperatorError(
                f"{customer_id} is a customer of several tenants: give --tenant.", code="erasure.tenant"
            )
        if not tenants:
            raise OperatorError(
                f"Neither the record nor the ledger knows a customer {customer_id} there.", code="erasure.nobody"
            )
        return Subject("customer", tenants[0], customer_id)

    async def require_reason(self, subject: Subject, reason: str) -> str:
        """The reason, fit for the record. Raises `OperatorError` if there is none, or it names the customer."""
        text = " ".join(reason.split())
        if not text or len(text) > _LONGEST_REASON:
            raise OperatorError("Give a --reason of 1 to 200 characters.", code="erasure.reason")
        known = await known_by(self.bank.database, subject.tenant_id, subject.id)
        words = (
            set()
            if known is None
            else {word for word in known.name.casefold().split() if len(word) >= _SHORTEST_NAME}
        )
        if words & set(text.casefold().replace(",", " ").replace(".", " ").split()):
            raise OperatorError(
                "The reason stays on the record and must not name the customer: give the number of their request.",
                code="erasure.reason_names",
            )
        return text


async def finish_erasures(settings: Settings, store: AuditStore, bank: Bank, client: RedisClient) -> None:
    """At the app's start, erase what a crash, a failure or a restore left. Another failure is logged."""

    async def connected() -> RedisClient:
        return client

    for report in await Erasure(parts_of(settings, store, bank, connected)).resume():
        if not report.done:
            failed = [f"{step.name}: {step.failure}" for step in report.steps if not step.done]
            # The app starts all the same: other customers need it, and the next start tries again.
            _log.error("erasure %s is not done (%s)", report.row.erasure_id, ", ".join(failed))


@asynccontextmanager
async def open_erasure(settings: Settings) -> AsyncIterator[OpenErasure]:
    """For the command line: beside the running app, or without it."""
    async with AsyncExitStack() as stack:
        store = await open_store(settings)
        stack.push_async_callback(store.close)
        bank, _ = await open_bank(settings, digest=store.digest)
        stack.push_async_callback(bank.close)
        parts = parts_of(settings, store, bank, _RedisOnDemand(settings, stack).client)
        yield OpenErasure(settings=settings, store=store, bank=bank, erasure=Erasure(parts))


class _RedisOnDemand:
    """Redis as the settings have it, connected at first use: if it is down, one step fails, not all."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._client: RedisClient | None = None

    async def client(self) -> RedisClient:
        """The client. Raises `OperatorError` if the embedded server cannot be started."""
        if self._client is None:
            server = await server_of(self._settings)
            self._stack.callback(server.release)
            self._client = RedisClient(server.endpoint, call_seconds=self._settings.redis_call_seconds)
            self._stack.push_async_callback(self._client.aclose)
        return self._client
