"""Verification of an exported record against `json` and `rfc8785` line by line over the same bytes.

The baseline does only what every verifier of this format must: read each line and write its canonical form again.
Ours also checks places, hashes, envelopes and signed heads. The measure is processor time: both are bound by it.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import rfc8785

from benchmarks.ratio import Ratio
from ultracore.audit import AuditEventType, AuditTrail
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.replay import export_lines
from ultracore.audit.sealing import MasterKey, SigningKey, load_public_key
from ultracore.audit.store import RecordReader
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.verify import verify_heads, verify_lines

SEED = 20261123
EVENTS = 4_000
STREAMS = 40
WRITERS = 40
ROUNDS = 7
WORDS = "balance transfer account please could you tell me what is left of my savings since monday 漢字 €".split()


async def run() -> list[Ratio]:
    """Measure an export as it is published, and one with what was sealed beside it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        signing = SigningKey.load(home / "signing.pem")
        await _fill(home, signing)
        return await asyncio.to_thread(_measure, home, signing)


def _measure(home: Path, signing: SigningKey) -> list[Ratio]:
    key = load_public_key(signing.public_pem().encode())
    reader = RecordReader(home / "audit.db", MasterKey.load(home / "master.key"))
    heads = [head.published + b"\n" for head in reader.heads()]
    ratios = []
    for name, reveal in (("audit verify", False), ("audit verify, revealed", True)):
        lines = list(export_lines(reader, reader.stored(), reveal=reveal))
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(_rate(lambda lines=lines: verify_lines(lines, verify_heads(heads, key), complete=True)))  # type: ignore[misc]
            theirs.append(_rate(lambda lines=lines: _line_by_line(lines)))  # type: ignore[misc]
        figures = statistics.median(ours), statistics.median(theirs)
        ratios.append(Ratio(name, "json + rfc8785", *figures, "events/s", 2.0, "at_least"))
    reader.close()
    return ratios


def _rate(work: Callable[[], object]) -> float:
    """Events a second of processor time."""
    # Processor time, so that other work on the machine does not count.
    begun = time.process_time()
    work()
    return EVENTS / (time.process_time() - begun)


def _line_by_line(lines: list[bytes]) -> None:
    for line in lines:
        assert rfc8785.dumps(json.loads(line)) == line[:-1]


async def _fill(home: Path, signing: SigningKey) -> None:
    """`EVENTS` events in `STREAMS` conversations, under a head for each tenth of them."""
    store = await SqliteAuditStore.open(home / "audit.db", MasterKey.load(home / "master.key"))
    trail, sealer = AuditTrail(store=store), HeadSealer(store, signing, HeadsFile(home / "heads.jsonl"))
    chance = random.Random(SEED)
    for _ in range(10):
        await asyncio.gather(*(_write(trail, chance) for _ in range(WRITERS)))
        await sealer.seal_now()
    await store.close()


async def _write(trail: AuditTrail, chance: random.Random) -> None:
    for _ in range(EVENTS // (10 * WRITERS)):
        await trail.log_event(
            chance.choice(
                [AuditEventType.USER_MESSAGE, AuditEventType.TOOL_DECIDED, AuditEventType.DATA_ACCESSED]
            ),
            "tenant_1",
            "An event of the benchmark",
            user_id="customer1",
            session_id=f"conv-{chance.randrange(STREAMS)}",
            metadata={"text": " ".join(chance.choices(WORDS, k=60)), "tool": "get_account_balance", "score": 0.97},
        )
