"""`ultracore audit generate`: a plausible record in an empty data directory, for benchmarks."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from typing import Final

from ultracore.audit import AuditStore
from ultracore.audit.defaults import heads_path, open_store, signing_key
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.cli.audit.synthetic_record import generate as make_record
from ultracore.errors import OperatorError
from ultracore.settings import Settings

_TOLD_EVERY: Final = 50_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit generate`."""
    parser.add_argument("--events", required=True, type=_count, metavar="N", help="how many events")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="K", help="the same seed gives the same conversations"
    )


def generate(args: argparse.Namespace, settings: Settings) -> int:
    """Make the record and sign its heads. Raises `OperatorError` if there is a record already."""
    # Made-up customers could never be taken out of an append-only record again.
    if settings.env == "production":
        raise OperatorError("A made-up record has no place in production: ULTRACORE_ENV must be demo.")
    started = time.monotonic()
    conversations = asyncio.run(_made(args.events, args.seed, settings))
    seconds = time.monotonic() - started
    print(f"{args.events} events in {conversations} conversations, {args.events / seconds:,.0f} a second")
    return 0


async def _made(events: int, seed: int, settings: Settings) -> int:
    store = await open_store(settings)
    try:
        # Into an empty record only: its events cannot be told from real ones afterwards.
        await _require_empty(store, settings)
        told = _TOLD_EVERY

        def progress(done: int) -> None:
            nonlocal told
            if done >= told:
                print(f"{done:,} of {events:,} events", file=sys.stderr, flush=True)
                told += _TOLD_EVERY

        conversations = await make_record(store, events, seed, progress=progress)
        # Signed at the end, so that benchmarks of verification have heads over every event.
        sealer = HeadSealer(store, signing_key(settings), HeadsFile(heads_path(settings)))
        await sealer.seal_now()
        return conversations
    finally:
        await store.close()


async def _require_empty(store: AuditStore, settings: Settings) -> None:
    if await store.streams(limit=1) or await store.streams(system=True, limit=1):
        raise OperatorError(
            f"There is a record already under {settings.data_path}: name an empty directory in ULTRACORE_DATA_DIR."
        )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100,000,000")
    return int(text)
