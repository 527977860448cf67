"""`ultracore audit index` and `audit find`: feeding the index, asking how complete it is, and searching it.

Exit codes: 0 done, 1 the index has alarms, 2 it cannot be read or the record cannot be reached.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from ultracore.audit import (
    AuditSeverity,
    AuditStore,
    AuditTrail,
    Origin,
    operator_of,
    wire_time,
)
from ultracore.audit.defaults import kafka_config, open_reader, open_store
from ultracore.audit.index import IndexConsumer, IndexedConversation, IndexService, Query
from ultracore.audit.index.defaults import open_consumer
from ultracore.audit.kafka import KafkaConfig
from ultracore.audit.vocabulary import OnCommandLine, RecordSearched
from ultracore.cli.audit.times import moment
from ultracore.errors import AuditUnavailable, IndexUnavailable, OperatorError, Unavailable
from ultracore.settings import Settings

ALARMED: Final = 1
UNREADABLE: Final = 2


def add_index_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `audit index`."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--once", action="store_true", help="bring it up to date, then end")
    which.add_argument("--rebuild", action="store_true", help="drop it and read everything again, then end")
    which.add_argument("--status", action="store_true", help="what it holds, misses and refused, as JSON")
    parser.add_argument("--source", choices=("store", "kafka"), help="what it reads: Kafka if there is one")


def add_find_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `audit find`."""
    for name, metavar in (("tenant", "T"), ("customer", "C"), ("user", "U"), ("agent", "A"), ("tool", "T")):
        parser.add_argument(f"--{name}", metavar=metavar)
    parser.add_argument("--decision", metavar="D", help="allowed, denied, needs_approval, approved, declined, …")
    parser.add_argument("--severity", choices=[str(one) for one in AuditSeverity])
    parser.add_argument("--since", type=moment, metavar="ISO", help="at this time or later")
    parser.add_argument("--until", type=moment, metavar="ISO", help="before this time")
    parser.add_argument("--words", metavar="W", help="all of these words, in any order")
    parser.add_argument("--system", action="store_true", help="system streams instead of conversations")
    parser.add_argument("--limit", type=_limit, default=100, metavar="N", help="at most so many, 1 to 1,000,000")
    parser.add_argument("--reason", default="", help="why; it goes on the record")


def index(args: argparse.Namespace, settings: Settings) -> int:
    """Feed the index until a signal, or once, or say how it stands."""
    work = _status if args.status else _once if args.once or args.rebuild else _serve
    return asyncio.run(work(args, settings))


def find(args: argparse.Namespace, settings: Settings) -> int:
    """Search, and put the search on the record before anything is shown."""
    if args.since is not None and args.until is not None and args.until < args.since:
        raise OperatorError("The end is before the start.")
    if args.tenant is not None:
        with open_reader(settings) as reader:
            reader.require_tenant(args.tenant)
    return asyncio.run(_find(args, settings))


def _limit(text: str) -> int:
    # `isdecimal` takes digits of every script, and `int` would read them.
    if not (text.isascii() and text.isdecimal() and len(text) <= 7 and 1 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1,000,000")
    return int(text)


async def _serve(args: argparse.Namespace, settings: Settings) -> int:
    async with _store(settings) as store:
        # No rest between batches: a process of its own does not take the processor from conversations.
        service = IndexService(partial(open_consumer, settings, store, _kafka(args, settings)), rest=0)
        stopped = asyncio.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(one, stopped.set)
        service.start()
        await stopped.wait()
        await service.stop()
    return 0


async def _once(args: argparse.Namespace, settings: Settings) -> int:
    async with _consumer(args, settings) as consumer:
        if args.rebuild:
            await consumer.index.clear()
        await consumer.catch_up()
        return await _print_status(consumer)


async def _status(args: argparse.Namespace, settings: Settings) -> int:
    async with _consumer(args, settings) as consumer:
        return await _print_status(consumer)


async def _print_status(consumer: IndexConsumer) -> int:
    """One JSON object. If the source does not answer, how far behind the index is stays `null`."""
    status = await consumer.index.status()
    code, behind = (ALARMED if status.alarms else 0), None
    try:
        behind = await consumer.lag()
    except Unavailable as error:
        print(error.message, file=sys.stderr)
        code = UNREADABLE
    shown: dict[str, Any] = {
        "events": status.events,
        "conversations": status.conversations,
        "behind_events": None if behind is None else behind.events,
        "behind_seconds": None if behind is None else round(behind.seconds, 3),
        "gaps": status.missing,
        "gaps_in": [asdict(gap) for gap in status.gaps],
        "alarms": status.alarms,
    }
    print(json.dumps(shown))
    for alarm in await consumer.index.alarms():
        print(json.dumps(asdict(alarm)), file=sys.stderr)
    return code


async def _find(args: argparse.Namespace, settings: Settings) -> int:
    query = Query(
        tenant_id=args.tenant,
        customer_id=args.customer,
        user_id=args.user,
        agent=args.agent,
        tool=args.tool,
        decision=args.decision,
        severity=None if args.severity is None else AuditSeverity(args.severity),
        since=args.since,
        until=args.until,
        words=() if args.words is None else (args.words,),
        system=args.system,
        limit=args.limit,
    )
    async with _store(settings) as store, _opened(args, settings, store) as consumer:
        found = await consumer.index.find(query)
        # To standard error and before the results, since an empty answer may only mean that the index is behind.
        await _say_how_far_behind(consumer)
        await _put_on_record(AuditTrail(store=store), settings, args, found)
    for one in found:
        times = wire_time(one.first_at), wire_time(one.last_at)
        print(one.stream_id, one.tenant_id, one.user_id or "", *times, one.events, sep="\t")
    return 0


async def _put_on_record(
    trail: AuditTrail, settings: Settings, args: argparse.Namespace, found: list[IndexedConversation]
) -> None:
    """One event in the system stream of each tenant whose conversations will be listed."""
    asked = ("customer", "user", "agent", "tool", "decision", "severity", "since", "until", "words")
    search = {name: getattr(args, name) for name in asked if getattr(args, name) is not None}
    by = OnCommandLine(operator_of(settings.sudo_user).person, args.reason)
    # A search that found nothing is on the record as well, under the tenant that was asked about.
    for tenant in sorted({one.tenant_id for one in found}) or [args.tenant]:
        here = sum(one.tenant_id == tenant for one in found)
        event = RecordSearched(by=by, customer_id=args.customer, search=search, found=here)
        await trail.write(event, Origin(tenant))


async def _say_how_far_behind(consumer: IndexConsumer) -> None:
    try:
        lag = await consumer.lag()
    except Unavailable as error:
        print(f"How far behind the index is cannot be said: {error.message}", file=sys.stderr)
        return
    if lag.events:
        print(
            f"The index is {lag.events} events ({lag.seconds:.0f} s) behind: run ultracore audit index --once.",
            file=sys.stderr,
        )


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[AuditStore]:
    store = await open_store(settings)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _consumer(args: argparse.Namespace, settings: Settings) -> AsyncIterator[IndexConsumer]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(_store(settings))
        yield await stack.enter_async_context(_opened(args, settings, store))


@asynccontextmanager
async def _opened(args: argparse.Namespace, settings: Settings, store: AuditStore) -> AsyncIterator[IndexConsumer]:
    """Raises `AuditUnavailable`, which the command turns into a sentence."""
    try:
        consumer = await open_consumer(settings, store, _kafka(args, settings))
        try:
            yield consumer
        finally:
            await consumer.close()
            await consumer.index.close()
    except IndexUnavailable as error:
        raise AuditUnavailable(error.message, code=error.code) from error


def _kafka(args: argparse.Namespace, settings: Settings) -> KafkaConfig | None:
    wanted = getattr(args, "source", None)
    if wanted == "store" or settings.kafka_bootstrap_servers is None:
        if wanted == "kafka":
            raise OperatorError("There is no Kafka: set KAFKA_BOOTSTRAP_SERVERS.", code="audit.no_kafka")
        return None
    return kafka_config(settings)
