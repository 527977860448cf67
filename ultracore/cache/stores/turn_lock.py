"""One turn at a time in a conversation, in order of arrival, across processes.

A turn waits in a queue on the server and asks every few milliseconds whether it is first. Asking is also the sign
of life: who has not asked for `STALE_SECONDS` has crashed and loses its place. The holder has a lease that it
renews; if it crashed, the lease runs out. A holder that only stood still takes it up again if no other turn
began since: the fence tells. Redis can lose an acknowledged write in a failover, so this lock
keeps turns apart in all ordinary cases, while the ledger's idempotency keys are what makes money right.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ultracore.cache.client import RedisClient, Script
from ultracore.cache.keys import own
from ultracore.errors import CacheUnavailable, RateLimited, UltracoreError

log = logging.getLogger(__name__)

AfterCrash = Callable[[str], Awaitable[object]]
LEASE_SECONDS = 5.0
"""A process that stands still for two seconds keeps its turn; one that died holds nobody up for longer."""
STALE_SECONDS = 3.0
MAX_WAITING = 5
POLL_SECONDS = 0.02

# KEYS: holder, queue (ticket by place), beats (ticket by last sign of life in milliseconds), fence, and open: the
# ticket of a turn that has not been given back, with 1 if the one before it never was.
# ARGV: ticket, lease ms, stale ms, most that may wait. Replies: {state, fence or number waiting, 1 after a crash}.
_ASK = Script("""
local time = redis.call('TIME')
local micros = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now = math.floor(micros / 1000)
local ticket, lease, stale = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local holder = redis.call('GET', KEYS[1])
if holder == ticket then
  local again = redis.call('GET', KEYS[5]) == ticket .. '1'
  return {1, redis.call('GET', KEYS[4]), again and 1 or 0}
end
local dead = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', now - stale))
for _, name in ipairs(dead) do
  redis.call('ZREM', KEYS[2], name)
  redis.call('ZREM', KEYS[3], name)
end
local place = redis.call('ZRANK', KEYS[2], ticket)
if not place then
  local waiting = redis.call('ZCARD', KEYS[2])
  if waiting >= tonumber(ARGV[4]) then return {-1, waiting, 0} end
  local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  local score = micros
  if last[2] and tonumber(last[2]) >= score then score = tonumber(last[2]) + 1 end
  redis.call('ZADD', KEYS[2], string.format('%.0f', score), ticket)
  place = waiting
end
if holder or place > 0 then
  redis.call('ZADD', KEYS[3], string.format('%.0f', now), ticket)
  redis.call('PEXPIRE', KEYS[2], stale * 2)
  redis.call('PEXPIRE', KEYS[3], stale * 2)
  return {0, place, 0}
end
redis.call('ZREM', KEYS[2], ticket)
redis.call('ZREM', KEYS[3], ticket)
local fence = tonumber(redis.call('GET', KEYS[4]) or '0') + 1
if fence < micros then fence = micros end
fence = string.format('%.0f', fence)
redis.call('SET', KEYS[4], fence, 'PX', 86400000)
redis.call('SET', KEYS[1], ticket, 'PX', lease)
local crashed = redis.call('EXISTS', KEYS[5])
redis.call('SET', KEYS[5], ticket .. crashed, 'PX', 86400000)
return {1, fence, crashed}
""")

# KEYS: holder and fence. ARGV: ticket, lease ms, the ticket's fence.
_RENEW = Script("""
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] or redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

# Leaves the queue as well: after a lost reply it is not known which of the two the ticket was. KEYS as in _ASK.
# ARGV: ticket, 1 if nothing of a turn before is left to be put right, the ticket's fence.
_LEAVE = Script("""
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
local open = redis.call('GET', KEYS[5])
if ARGV[2] == '1' and open and string.sub(open, 1, #ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[5]) end
local holder = redis.call('GET', KEYS[1])
if not holder then return redis.call('GET', KEYS[4]) == ARGV[3] and 1 or 0 end
if holder ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
""")


@dataclass(frozen=True, slots=True)
class TurnLease:
    """The right to run a turn. `fence` grows with every turn of the conversation.

    `settled` is False if a holder before has died and what it left could not be put right yet.
    """

    conversation_id: str
    fence: int
    settled: bool = True


class TurnLock:
    """Hands out turns. `max_waiting` turns may wait in a conversation besides the one that runs."""

    def __init__(
        self, client: RedisClient, *, lease_seconds: float = LEASE_SECONDS, max_waiting: int = MAX_WAITING
    ) -> None:
        self._client = client
        self._lease = lease_seconds
        self._max_waiting = max_waiting
        # An event loop holds tasks weakly: without a reference, one may vanish before it has given the turn back.
        self._leaving: set[asyncio.Task[bool | None]] = set()
        self.after_crash: AfterCrash | None = None
        """Puts right what the holder before has left, if it died: the next one begins after that."""

    @asynccontextmanager
    async def hold(self, conversation_id: str, wait: float = 60.0) -> AsyncIterator[TurnLease]:
        """Run the body as the conversation's only turn; at most `wait` seconds pass before it begins.

        Raises `RateLimited` (`turn.queue_full`) at once if too many wait, `RateLimited` (`turn.busy`) after
        `wait`, and `CacheUnavailable` if Redis does not answer. If the lease is lost while the body runs,
        the body is cancelled and `CacheUnavailable` (`turn.lost`) raised: a body that ends without it was alone.
        Cancellation is passed on.
        """
        ticket = _Ticket(self._client, conversation_id, self._lease)
        try:
            fence = await ticket.acquire(wait, self._max_waiting)
            async with ticket.kept():
                settled = await self._settle(ticket, conversation_id)
                yield TurnLease(conversation_id, fence, settled)
        except BaseException:
            await self._leave(ticket)
            raise
        if await self._leave(ticket) is False:
            raise _lost()

    async def _settle(self, ticket: _Ticket, conversation_id: str) -> bool:
        if not ticket.after_crash or self.after_crash is None:
            return True
        try:
            await self.after_crash(conversation_id)
        except UltracoreError as error:
            log.warning("what a dead turn left is left to the next one: %s", error.code)
            return False
        ticket.after_crash = False
        return True

    async def _leave(self, ticket: _Ticket) -> bool | None:
        """Give the turn or the place back, also while the caller is being cancelled."""
        leaving = asyncio.create_task(ticket.leave())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        return await asyncio.shield(leaving)


class _Ticket:
    """One turn's place in the queue, and then its lease."""

    def __init__(self, client: RedisClient, conversation_id: str, lease_seconds: float) -> None:
        self._client = client
        self._keys = [own("turn", conversation_id, kind) for kind in ("holder", "queue", "beats", "fence", "open")]
        self._name = secrets.token_hex(16)
        self._lease = lease_seconds
        self._asked = 0.0
        self._fence = 0
        self.after_crash = False
        """Whether the holder before never gave the turn back, and what it left is still as it was."""

    async def acquire(self, wait: float, max_waiting: int) -> int:
        loop = asyncio.get_running_loop()
        gives_up = loop.time() + wait
        while True:
            state, number, crashed = await self._ask(max_waiting)
            if state == 1:
                self.after_crash = bool(crashed)
                self._fence = int(number)
                return self._fence
            if state == -1:
                raise RateLimited("too many turns wait", retry_after=5.0, code="turn.queue_full")
            if loop.time() >= gives_up:
                raise RateLimited("another turn is still running", retry_after=5.0, code="turn.busy")
            # A blocking command would keep one connection of the pool for every turn that waits.
            await asyncio.sleep(POLL_SECONDS)

    async def _ask(self, max_waiting: int) -> tuple[int, int | bytes, int]:
        self._asked = asyncio.get_running_loop().time()
        lease, stale = round(self._lease * 1000), round(STALE_SECONDS * 1000)
        state, number, crashed = await self._client.script(
            _ASK, self._keys, self._name, lease, stale, max_waiting, repeatable=True
        )
        return state, number, crashed

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew the lease while the body runs; cancel the body when it cannot be renewed in time."""
        try:
            async with asyncio.timeout(None) as scope:
                keeper = asyncio.create_task(self._keep(scope))
                try:
                    yield
                finally:
                    keeper.cancel()
        except TimeoutError:
            if scope.expired():
                raise _lost() from None
            raise
        if scope.expired():
            raise _lost()

    async def _keep(self, scope: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        held_until = self._asked + self._lease
        # Four more tries before the lease ends: neither a lost answer nor a server that stands still for two
        # seconds may cost a person their turn.
        pause = self._lease / 5
        renewed: bool | None = True
        while renewed or (renewed is None and loop.time() + pause < held_until):
            await asyncio.sleep(pause)
            started = loop.time()
            renewed = await self._renew()
            if renewed:
                held_until = started + self._lease
        scope.reschedule(loop.time())

    async def _renew(self) -> bool | None:
        """True, False if the lease is gone, None if Redis did not say."""
        try:
            keys = [self._keys[0], self._keys[3]]
            return bool(
                await self._client.script(_RENEW, keys, self._name, round(self._lease * 1000), self._fence)
            )
        except CacheUnavailable as error:
            log.warning("a turn's lease could not be renewed: %s", error.message)
            return None

    async def leave(self) -> bool | None:
        """True if a turn was given back, False if there was none, None if Redis did not say."""
        try:
            settled = "0" if self.after_crash else "1"
            return bool(await self._client.script(_LEAVE, self._keys, self._name, settled, self._fence))
        except CacheUnavailable as error:
            log.warning("a turn was not given back and waits for the end of its lease: %s", error.message)
            return None


def _lost() -> CacheUnavailable:
    return CacheUnavailable("the lease of a turn was lost while it ran", code="turn.lost")
