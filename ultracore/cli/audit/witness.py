"""`ultracore audit witness`: co-sign head lists with a key of one's own, away from the app and its owner."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from ultracore.audit.defaults import heads_path, kafka_config
from ultracore.audit.sealing import SigningKey, load_public_key
from ultracore.audit.verify import BreakFound, Witness, open_witness
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings

REFUSED: Final = 1

_STANDARD_INPUT: Final = "-"

Lists = Callable[[], Iterable[bytes]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit witness`."""
    parser.add_argument("--dir", type=Path, required=True, metavar="D", help="the witness's own directory")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--heads", metavar="H.jsonl", help="where the lists are (default: the app's file); - for stdin"
    )
    where.add_argument("--kafka", action="store_true", help="the lists of Kafka's topic of heads")
    parser.add_argument("--public-key", type=Path, metavar="K.pem", help="the app's key; needed the first time")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="what is there now, then end (default)")
    how.add_argument("--follow", type=_seconds, metavar="SECONDS", help="look again every so often, until refused")
    how.add_argument("--print-key", action="store_true", help="the witness's public key, and nothing else")


def witness(args: argparse.Namespace, settings: Settings) -> int:
    """Co-sign what is new. Raises `OperatorError`, `AuditUnavailable`, `Unreadable`."""
    home = _own_directory(args.dir, settings)
    # The witness's key will lie here, so no other user may look in.
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = SigningKey.load(settings.witness_key_file or home / "witness.pem")
    if args.print_key:
        print(key.public_pem(), end="")
        return 0
    if args.follow and args.heads == _STANDARD_INPUT:
        raise OperatorError("Standard input is read once: leave --follow out.")
    app = load_public_key(args.public_key.read_bytes()) if args.public_key else None
    lists = _lists(args, settings)
    try:
        with open_witness(home, key, app) as opened:
            # The first look fails loudly: a wrong path must not be waited for in silence.
            _take(opened, lists)
            while args.follow:
                time.sleep(args.follow)
                _take_if_there(opened, lists)
    except BreakFound as found:
        print(f"This witness refuses to co-sign: {found}", file=sys.stderr)
        return REFUSED
    return 0


def _take(opened: Witness, lists: Lists) -> None:
    new = opened.take(lists())
    print(f"Co-signed {new} new head lists; {opened.count} in all.", flush=True)


def _take_if_there(opened: Witness, lists: Lists) -> None:
    """Co-sign, or say that the lists cannot be read: they may be there again the next time."""
    try:
        new = opened.take(lists())
    except AuditUnavailable as exc:
        print(exc.message, file=sys.stderr, flush=True)
    else:
        if new:
            print(f"Co-signed {new} new head lists; {opened.count} in all.", flush=True)


def _own_directory(path: Path, settings: Settings) -> Path:
    home = path.expanduser().resolve()
    # A process that can write the app's directory could replace its lists and the witness's copy of them together.
    if home == settings.data_path or settings.data_path in home.parents:
        raise OperatorError(
            f"A witness is nobody's but its own: {home} is in the app's data directory; name another with --dir, "
            "best on another machine under another user.",
            code="witness.directory",
        )
    return home


def _lists(args: argparse.Namespace, settings: Settings) -> Lists:
    if args.heads == _STANDARD_INPUT:
        return lambda: _complete(sys.stdin.buffer)
    if args.kafka:
        return lambda: _of_kafka(settings)
    path = Path(args.heads) if args.heads else heads_path(settings)
    return lambda: _of_file(path)


def _of_file(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from _complete(file)
    except OSError as exc:
        raise AuditUnavailable(f"The head lists cannot be read: {path}: {exc.strerror}.") from exc


def _of_kafka(settings: Settings) -> list[bytes]:
    # Imported here: a witness of files does not pay for Kafka's client.
    from ultracore.audit.verify.kafka import read_heads

    config = kafka_config(settings)
    if config is None:
        raise OperatorError("No Kafka is configured: set KAFKA_BOOTSTRAP_SERVERS.", code="kafka.bootstrap_servers")
    return asyncio.run(read_heads(config))


def _complete(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, without a last one that is still being written."""
    return (line for line in lines if line.endswith(b"\n"))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    # A witness that looks less than once a day leaves the window between two looks too long to mean much.
    if not 0.05 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.05 to 86400")
    return seconds
