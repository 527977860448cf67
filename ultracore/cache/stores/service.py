"""The stores that a running conversation needs, over one pool."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.cache.client import RedisClient
from ultracore.cache.limits import RateLimiter
from ultracore.cache.signing import ValueSigner
from ultracore.cache.stores.choices import WaitingChoices
from ultracore.cache.stores.conversations import Conversations, Notices, RecordedState, not_recorded
from ultracore.cache.stores.logs import ConversationLogs
from ultracore.cache.stores.page_bindings import PageBindings
from ultracore.cache.stores.pieces import AnswerPieces
from ultracore.cache.stores.seals import DerivedSeals, Seals
from ultracore.cache.stores.sessions import LoginSessions, SessionLimits, SocketBindings, Standing, unchanged
from ultracore.cache.stores.sign_in import LoginThrottle
from ultracore.cache.stores.threads import KEPT_DAYS, Recorded, Threads, nothing_recorded
from ultracore.cache.stores.turn_lock import TurnLock


@dataclass(frozen=True, slots=True)
class RuntimeStores:
    """Every store of this package that the chat uses. All raise `CacheUnavailable` if Redis does not answer."""

    client: RedisClient
    logins: LoginSessions
    sockets: SocketBindings
    conversations: Conversations
    pieces: AnswerPieces
    notices: Notices
    turns: TurnLock
    rates: RateLimiter
    throttle: LoginThrottle
    threads: Threads
    logs: ConversationLogs
    pages: PageBindings
    choices: WaitingChoices

    @classmethod
    def over(
        cls,
        client: RedisClient,
        *,
        secret: bytes,
        seals: Seals | None = None,
        name: str = "",
        recorded: Recorded = nothing_recorded,
        recorded_state: RecordedState = not_recorded,
        standing: Standing = unchanged,
        customers: SessionLimits | None = None,
        staff: SessionLimits | None = None,
    ) -> RuntimeStores:
        """The stores with their usual limits. `secret` keys the digests of user names, and what signs values.

        `seals` are the keys of the people, which are derived from the secret without them. `name` is that of this
        process if there are others, which are to be woken by what it writes. With `recorded` and `recorded_state`
        the bank's record tells what Redis has lost.
        """
        signer = ValueSigner(secret)
        # As long as its thread is in the person's list, a conversation can be gone on with.
        seconds = (KEPT_DAYS + 1) * 86400
        seals = seals or DerivedSeals(secret)
        conversations = Conversations(client, signer, recorded_state, seals=seals, seconds=seconds)
        pieces = AnswerPieces(client, conversations.seals, name=name)
        return cls(
            client=client,
            logins=LoginSessions.lasting(client, signer, standing, customers, staff),
            sockets=SocketBindings(client, signer),
            conversations=conversations,
            pieces=pieces,
            notices=Notices(client, signer),
            turns=TurnLock(client),
            rates=RateLimiter(client),
            throttle=LoginThrottle(client, secret=secret),
            threads=Threads(client, signer, recorded),
            logs=ConversationLogs(client, conversations.seals, pieces, name=name, seconds=seconds),
            pages=PageBindings(client),
            choices=WaitingChoices(client, conversations.seals),
        )

    async def check(self) -> None:
        """Return when Redis does what the stores ask of it, on every server. Raises `CacheUnavailable`."""
        await self.client.check()

    async def aclose(self) -> None:
        """Close the pool. Idempotent."""
        await self.client.aclose()
