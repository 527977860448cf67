"""`ultracore audit verify`: check live record, index, topic or files; exit 1 names the first break."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ultracore.audit.defaults import heads_path, kafka_config, open_reader, open_store, signing_key
from ultracore.audit.index import address
from ultracore.audit.index.defaults import index_url, open_index
from ultracore.audit.sealing import load_public_key
from ultracore.audit.verify import (
    Anchor,
    BreakFound,
    Expectation,
    Verdict,
    lines_of,
    read_cosignatures,
    verify_heads,
    verify_index,
    verify_lines,
    verify_store,
)
from ultracore.cli.audit.erase import apply_list
from ultracore.errors import AuditUnavailable, IndexUnavailable, OperatorError
from ultracore.settings import Settings

BROKEN: Final = 1

_LAST_HEAD: Final = re.compile(r"([1-9][0-9]{0,14}):([0-9a-f]{64})")

Source = Callable[[argparse.Namespace, Settings, list[Anchor]], Verdict]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit verify`."""
    parser.add_argument("--source", choices=tuple(_SOURCES), help="what to check; the live store if not given")
    parser.add_argument("--session", metavar="S", help="this conversation or system stream only")
    parser.add_argument("--file", type=Path, metavar="F.jsonl", help="an exported record instead of the live one")
    parser.add_argument("--heads", type=Path, metavar="H.jsonl", help="the signed head lists for --file")
    parser.add_argument("--public-key", type=Path, metavar="K.pem", help="the key that signed them")
    parser.add_argument("--complete", action="store_true", help="a stream that the heads name must be in the file")
    parser.add_argument(
        "--last-head", type=_last_head, metavar="INDEX:HASH", help="a head list that is known from elsewhere"
    )
    parser.add_argument("--witness", type=Path, metavar="W.jsonl", help="a witness's co-signatures")
    parser.add_argument("--witness-key", type=Path, metavar="WK.pem", help="the witness's public key")


def verify(args: argparse.Namespace, settings: Settings) -> int:
    """Print what was checked, or the first break. Raises `OperatorError`, `Unreadable`, `AuditUnavailable`."""
    if args.file and args.source:
        raise OperatorError("--file is a source of its own: leave --source out.")
    if args.heads and not args.file:
        raise OperatorError(
            "--heads belongs to --file; what is known of the live record from elsewhere is --last-head, --witness."
        )
    try:
        cosigned = _cosigned(args)
        anchors = [*cosigned, *([args.last_head] if args.last_head else [])]
        check = _verify_files if args.file else _SOURCES[args.source or "store"]
        verdict = check(args, settings, anchors)
    except BreakFound as found:
        print(f"The record does not hold: {found}", file=sys.stderr)
        return BROKEN
    print(verdict)
    if args.witness:
        print(f"The witness co-signed {len(cosigned)} of the {verdict.heads} head lists; they are the same.")
    return 0


def _cosigned(args: argparse.Namespace) -> list[Anchor]:
    if (args.witness is None) != (args.witness_key is None):
        raise OperatorError(
            "Co-signatures and the witness's key belong together: give --witness and --witness-key."
        )
    if args.witness is None:
        return []
    return read_cosignatures(lines_of(args.witness, "witness"), load_public_key(args.witness_key.read_bytes()))


def _verify_store(args: argparse.Namespace, settings: Settings, anchors: list[Anchor]) -> Verdict:
    # A database that was restored holds keys that were destroyed since: they go before it is looked at.
    apply_list(settings)
    with open_reader(settings) as reader:
        # A mistyped id would otherwise be told that the record holds.
        if args.session and reader.stream(args.session) is None:
            raise AuditUnavailable(f"there is no conversation {args.session} in the record")
        return verify_store(
            reader,
            public_key(args, settings),
            heads_path(settings),
            stream_id=args.session,
            anchors=anchors,
            # A record on a server is sealed by any of its machines, and the file may lie on another one.
            file_due=settings.audit_database_url is None,
        )


def _verify_kafka(args: argparse.Namespace, settings: Settings, anchors: list[Anchor]) -> Verdict:
    # Imported here: the other sources do not pay for Kafka's client.
    from ultracore.audit.verify.kafka import TopicScope, verify_topic

    config = kafka_config(settings)
    if config is None:
        raise OperatorError("No Kafka is configured: set KAFKA_BOOTSTRAP_SERVERS.", code="kafka.bootstrap_servers")
    return asyncio.run(verify_topic(config, TopicScope(public_key(args, settings), args.session, anchors)))


def _verify_index(args: argparse.Namespace, settings: Settings, anchors: list[Anchor]) -> Verdict:
    with open_reader(settings) as reader:
        heads = verify_heads((head.published + b"\n" for head in reader.heads()), public_key(args, settings))
    # Before the events: with heads that were cut, what they say of the events is worth nothing.
    heads.must_hold(anchors)
    _require_index(settings)
    return asyncio.run(_read_index(settings, heads, args.session))


def _require_index(settings: Settings) -> None:
    """A file that is not there would be made when it is opened. Raises `AuditUnavailable`."""
    place = address(index_url(settings))
    if place.get_backend_name() == "sqlite" and not Path(str(place.database)).exists():
        raise AuditUnavailable(
            f"There is no index at {place.database} yet: ultracore audit index --once makes it."
        )


async def _read_index(settings: Settings, heads: Expectation, stream_id: str | None) -> Verdict:
    store = await open_store(settings)
    try:
        index = await open_index(settings, store)
        try:
            return await verify_index(index, heads, stream_id=stream_id)
        finally:
            await index.close()
    except IndexUnavailable as error:
        raise AuditUnavailable(error.message, code=error.code) from error
    finally:
        await store.close()


def _verify_files(args: argparse.Namespace, settings: Settings, anchors: list[Anchor]) -> Verdict:
    if (args.heads is None) != (args.public_key is None):
        raise OperatorError("Head lists and the public key belong together: give --heads and --public-key.")
    if (args.complete or anchors) and args.heads is None:
        raise OperatorError("Only head lists say what is missing: give --heads and --public-key.")
    heads = None
    if args.heads is not None:
        heads = verify_heads(lines_of(args.heads, "heads"), public_key(args, settings))
        heads.must_hold(anchors)
    verdict = verify_lines(lines_of(args.file, "record"), heads, complete=args.complete, only=args.session)
    # A mistyped id would otherwise be told that the record holds.
    if args.session and not verdict.streams:
        raise AuditUnavailable(f"there is no conversation {args.session} in {args.file}")
    return verdict


def public_key(args: argparse.Namespace, settings: Settings) -> Ed25519PublicKey:
    """The key that was given, else the public half of this installation's own. Raises `OperatorError`."""
    if args.public_key:
        return load_public_key(args.public_key.read_bytes())
    return load_public_key(signing_key(settings, create=False).public_pem().encode())


def _last_head(text: str) -> Anchor:
    found = _LAST_HEAD.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not INDEX:HASH, a number and 64 hexadecimal digits")
    return Anchor(int(found[1]), found[2], "--last-head")


_SOURCES: Final[dict[str, Source]] = {"store": _verify_store, "index": _verify_index, "kafka": _verify_kafka}
