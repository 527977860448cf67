"""A small exported record with its heads, made anew or with fixed keys, times and ids (for the vectors)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.audit.people import CUSTOMER, a_payment
from ultracore.audit import AuditTrail, ConversationRecord
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.replay import export_lines
from ultracore.audit.sealing import MasterKey, SigningKey
from ultracore.audit.store import RecordReader
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.vocabulary import TurnFailed, TurnStopped, UserMessage


@dataclass(frozen=True, slots=True)
class Exported:
    """Lines with their line feeds."""

    record: tuple[bytes, ...]
    heads: tuple[bytes, ...]
    public_pem: str


async def export_everything(path: Path, master: MasterKey, signing: SigningKey) -> Exported:
    """Every stream of a record, in order of first event."""

    def read() -> Exported:
        reader = RecordReader(path, master)
        streams = sorted(reader.streams(system=None), key=lambda info: (info.first_at, info.stream_id))
        lines: list[bytes] = []
        for info in streams:
            lines += export_lines(reader, reader.of_stream(info.stream_id))
        heads = tuple(head.published + b"\n" for head in reader.heads())
        reader.close()
        return Exported(tuple(lines), heads, signing.public_pem())

    return await asyncio.to_thread(read)


async def a_record() -> Exported:
    """Two conversations and a system stream, under three heads; the last event is newer than the last head."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        master, signing = MasterKey.load(home / "master.key"), SigningKey.load(home / "signing.pem")
        store = await SqliteAuditStore.open(home / "audit.db", master)
        trail = AuditTrail(store=store)
        sealer = HeadSealer(store, signing, HeadsFile(home / "heads.jsonl"))
        await a_payment(trail, "conv-1")
        await sealer.seal_now()
        await trail.log_login("tenant_1", "teller1", success=False, ip_address="203.0.113.7")
        await trail.log_fraud_detection("tenant_1", "customer1", "txn_1", 1e-7, "allow", ["ünusual", "𝄞"])
        await sealer.seal_now()
        turn = ConversationRecord(trail, CUSTOMER, "conv-2").turn("turn-2", "7F3A-0002")
        await turn.write(UserMessage('"quoted"\nand 💳 \u2028 text'))
        await turn.write(TurnFailed(reason="model.silent"))
        await sealer.seal_now()
        await turn.write(TurnStopped())
        exported = await export_everything(home / "audit.db", master, signing)
        await store.close()
        return exported


def without(lines: Sequence[bytes], place: int) -> tuple[bytes, ...]:
    """The lines but one."""
    return (*lines[:place], *lines[place + 1 :])


def swapped(lines: Sequence[bytes], first: int, second: int) -> tuple[bytes, ...]:
    """The lines with two of them in each other's place."""
    changed = list(lines)
    changed[first], changed[second] = changed[second], changed[first]
    return tuple(changed)
