"""Exported records of every look, each from its seed: sizes, tenants, texts in any script, revealed or not."""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.audit.people import CUSTOMER
from ultracore.audit import AuditEventType, AuditTrail, ConversationRecord
from ultracore.audit.heads import HeadSealer, HeadsFile
from ultracore.audit.replay import export_lines
from ultracore.audit.sealing import MasterKey, SigningKey, load_public_key
from ultracore.audit.store import RecordReader
from ultracore.audit.store.sqlite import SqliteAuditStore
from ultracore.audit.verify import open_witness
from ultracore.audit.vocabulary import TurnFailed, UserMessage

_LETTERS: Final = 'abc XYZ "\\/\n\té€ß漢字עברית𝄞💳\u2028\ue000\x7f'
_TYPES: Final = (
    AuditEventType.SESSION_ROUTED,
    AuditEventType.TOOL_DECIDED,
    AuditEventType.TRANSACTION_CREATED,
    AuditEventType.DATA_ACCESSED,
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record of which every event lies under a signed head. Lines with their line feeds."""

    record: tuple[bytes, ...]
    heads: tuple[bytes, ...]
    cosignatures: tuple[bytes, ...]
    signing: SigningKey
    witness_pem: str

    @property
    def public_pem(self) -> str:
        """The key that a verifier has."""
        return self.signing.public_pem()


async def sealed_record(seed: int) -> Sealed:
    """Two to five streams, at least two of three or more events; two to four lists of heads; a witness to them."""
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        master, signing = MasterKey.load(home / "master.key"), SigningKey.load(home / "signing.pem")
        store = await SqliteAuditStore.open(home / "audit.db", master)
        sealer = HeadSealer(store, signing, HeadsFile(home / "heads.jsonl"))
        await _fill(AuditTrail(store=store), sealer, chance)
        await store.close()
        return await asyncio.to_thread(_exported, home, master, signing, chance.random() < 0.7)


async def _fill(trail: AuditTrail, sealer: HeadSealer, chance: random.Random) -> None:
    tenants = chance.sample(["tenant_1", "tenant_2", "T.3-x"], chance.randrange(1, 4))
    conversations = [f"conv-{number}-{chance.randrange(10**6)}" for number in range(chance.randrange(2, 5))]
    rounds = chance.randrange(2, 5)
    for number in range(rounds):
        for session in conversations:
            if number < 2 or chance.random() < 0.8:
                await _say(trail, session, chance)
                await _log(trail, session, chance.choice(tenants), chance)
        if number == 0 or chance.random() < 0.3:
            await trail.log_login(chance.choice(tenants), f"user{number}", success=chance.random() < 0.5)
        await sealer.seal_now()


async def _say(trail: AuditTrail, session: str, chance: random.Random) -> None:
    turn = ConversationRecord(trail, CUSTOMER, session).turn(f"turn-{chance.randrange(10**6)}", "7F3A-0001")
    await turn.write(UserMessage(_text(chance)))
    if chance.random() < 0.3:
        await turn.write(TurnFailed(reason="model.silent"))


async def _log(trail: AuditTrail, session: str, tenant: str, chance: random.Random) -> None:
    metadata = {
        "tool": "get_account_balance",
        "score": chance.choice([0.5, 1.0, 0, 1e-7, 0.97]),
        "note": _text(chance),
        _text(chance) or "x": [chance.choice([1e17, 1e21, -2.5, 2**53 - 1, None, True]), {"𝄞": 1, "\ue000": 2}],
    }
    await trail.log_event(
        chance.choice(_TYPES),
        tenant,
        _text(chance),
        user_id="customer1",
        session_id=session,
        ip_address="203.0.113.7",
        metadata=chance.choice([metadata, None]),
        compliance_tags=chance.choice([[], ["privacy"]]),
    )


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(_LETTERS, k=int(chance.expovariate(1 / 30))))


def _exported(home: Path, master: MasterKey, signing: SigningKey, reveal: bool) -> Sealed:
    reader = RecordReader(home / "audit.db", master)
    lines: list[bytes] = []
    for info in sorted(reader.streams(system=None), key=lambda info: (info.first_at, info.stream_id)):
        lines += export_lines(reader, reader.of_stream(info.stream_id), reveal=reveal)
    heads = tuple(head.published + b"\n" for head in reader.heads())
    reader.close()
    own = SigningKey.load(home / "witness.pem")
    with open_witness(home / "witness", own, load_public_key(signing.public_pem().encode())) as witness:
        witness.take(heads)
    cosignatures = (home / "witness" / "witness.jsonl").read_bytes().splitlines(keepends=True)
    return Sealed(tuple(lines), heads, tuple(cosignatures), signing, own.public_pem())
