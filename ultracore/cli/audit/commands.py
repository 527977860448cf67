"""`ultracore audit`: list, export, verify and replay the record, while the app runs and while it does not.

Exit codes: 0 done, 1 the record does not hold, 2 it cannot be read or the command is not there yet.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from ultracore.audit import (
    AuditEventType,
    AuditTrail,
    EventFilter,
    Origin,
    StreamInfo,
    operator_of,
    wire_time,
)
from ultracore.audit.defaults import RecordReader, open_reader, open_store, signing_key
from ultracore.audit.replay import ConversationReplay, export_lines, export_page, json_line, replay
from ultracore.audit.verify import Unreadable
from ultracore.audit.vocabulary import ConversationsExported, ConversationsRead, OnCommandLine
from ultracore.cli.audit import compliance as audit_compliance
from ultracore.cli.audit import erase as audit_erase
from ultracore.cli.audit import generate as audit_generate
from ultracore.cli.audit import index as audit_index
from ultracore.cli.audit import report as audit_report
from ultracore.cli.audit import verify as audit_verify
from ultracore.cli.audit import whatif as audit_whatif
from ultracore.cli.audit import witness as audit_witness
from ultracore.cli.audit.times import moment, resolve
from ultracore.errors import AuditUnavailable, OperatorError
from ultracore.settings import Settings

Handler = Callable[[argparse.Namespace, Settings], int]

# Apart from 1: a job that runs `verify` must tell a broken record from a missing file.
UNREADABLE: Final = 2


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `audit` and its commands."""
    parser = subparsers.add_parser("audit", help="list, export, verify and replay the record")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_listings(commands)
    _add_readers(commands)
    audit_verify.add_arguments(
        _command(commands, "verify", "check chains, heads and envelopes", audit_verify.verify)
    )
    audit_compliance.add_arguments(
        _command(commands, "compliance", "check the bank's rules", audit_compliance.compliance)
    )
    audit_witness.add_arguments(_command(commands, "witness", "co-sign head lists", audit_witness.witness))
    audit_report.add_arguments(_command(commands, "report", "one of the four reports", audit_report.report))
    audit_index.add_index_arguments(_command(commands, "index", "feed the index, or its state", audit_index.index))
    audit_index.add_find_arguments(_command(commands, "find", "search the index", audit_index.find))
    audit_whatif.add_arguments(
        _command(commands, "whatif", "recorded conversations again with another model", audit_whatif.whatif)
    )
    audit_erase.add_erase_arguments(_command(commands, "erase", "erase a customer for good", audit_erase.erase))
    audit_erase.add_hold_arguments(_command(commands, "hold", "legal holds against erasure", audit_erase.hold))
    audit_generate.add_arguments(
        _command(commands, "generate", "a plausible record for benchmarks", audit_generate.generate)
    )


def _add_listings(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sessions = _command(commands, "sessions", "conversations, newest first, a line each", _sessions)
    sessions.add_argument("--customer", metavar="C", help="this customer's conversations only")
    sessions.add_argument("--since", type=moment, metavar="ISO", help="with an event at this time or later")
    sessions.add_argument("--system", action="store_true", help="system streams instead")
    _command(commands, "heads", "the signed head lists, a JSON line each", _heads)
    _command(commands, "key", "the public key that head lists are signed with", _key)
    _command(commands, "open", "intents without outcome, a JSON line each", _open)


def _add_readers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = _command(commands, "export", "events exactly as published, a JSON line each", _export)
    which = export.add_mutually_exclusive_group(required=True)
    which.add_argument("--session", metavar="S", help="one conversation or system stream")
    which.add_argument("--all", action="store_true", help="every stream, each from its first event")
    export.add_argument("--format", choices=("jsonl", "html"), default="jsonl")
    export.add_argument("--tenant", metavar="T", help="with --all: this tenant's streams")
    export.add_argument("--since", type=moment, metavar="ISO", help="with --all: streams that moved since")
    replay_ = _command(commands, "replay", "a conversation as it was shown", _replay)
    replay_.add_argument("session", metavar="SESSION")
    replay_.add_argument("--as", dest="projection", choices=("customer", "staff", "auditor"), default="customer")
    replay_.add_argument("--format", choices=("text", "jsonl", "json"), default="text")
    for command in (export, replay_):
        command.add_argument("--reason", default="", help="why; it goes on the record")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, purpose: str, handler: Handler
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}.")
    parser.set_defaults(handler=_reading(handler))
    return parser


def _reading(handler: Handler) -> Handler:
    """End with one sentence and exit code 2 if the handler cannot read its input."""

    def guarded(args: argparse.Namespace, settings: Settings) -> int:
        try:
            _require_text(args)
            resolve(args)
            return handler(args, settings)
        except (AuditUnavailable, OperatorError, Unreadable) as exc:
            print(str(exc), file=sys.stderr)
        except OSError as exc:
            # The reader of our output has gone, which is no failure to read the record.
            if isinstance(exc, BrokenPipeError):
                raise
            print(f"{exc.filename}: {exc.strerror}", file=sys.stderr)
        return UNREADABLE

    return guarded


def _require_text(args: argparse.Namespace) -> None:
    """Raise `OperatorError` for an argument that is no UTF-8 text; a path may be any bytes."""
    for name, value in vars(args).items():
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise OperatorError(f"The argument {name} is not UTF-8 text.") from None


def _sessions(args: argparse.Namespace, settings: Settings) -> int:
    with open_reader(settings) as reader:
        for stream in reader.streams(customer_id=args.customer, since=args.since, system=args.system):
            times = wire_time(stream.first_at), wire_time(stream.last_at)
            print(stream.stream_id, stream.tenant_id, stream.user_id or "", *times, stream.events, sep="\t")
    return 0


def _heads(args: argparse.Namespace, settings: Settings) -> int:
    with open_reader(settings) as reader:
        for head in reader.heads():
            print(head.published.decode())
    return 0


def _key(args: argparse.Namespace, settings: Settings) -> int:
    print(signing_key(settings, create=False).public_pem(), end="")
    return 0


def _open(args: argparse.Namespace, settings: Settings) -> int:
    with open_reader(settings) as reader:
        for intent in reader.open_intents():
            print(json.dumps({**asdict(intent), "time": wire_time(intent.time)}))
    return 0


def _export(args: argparse.Namespace, settings: Settings) -> int:
    with open_reader(settings, keys=True) as reader:
        streams = _chosen(reader, args)
        if args.format == "html" and args.all:
            raise OperatorError("A page shows one conversation: give --session.")
        # Durable before the first line is printed: no export happens that the record does not know of.
        _put_on_record(settings, ConversationsExported, streams, args)
        if args.format == "html":
            print(_page(reader, streams[0].stream_id))
            return 0
        for stream in streams:
            # As it was listed: the export's own event is not in the export.
            for line in export_lines(reader, reader.of_stream(stream.stream_id, limit=stream.events)):
                sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    return 0


def _chosen(reader: RecordReader, args: argparse.Namespace) -> list[StreamInfo]:
    if args.all:
        if args.tenant is not None:
            reader.require_tenant(args.tenant)
        streams = reader.streams(tenant_id=args.tenant, since=args.since, system=None)
        # By beginning and not by last event, so that a second export has the same streams in the same order.
        return sorted(streams, key=lambda stream: (stream.first_at, stream.stream_id))
    if args.tenant is not None or args.since is not None:
        raise OperatorError("--tenant and --since belong to --all.")
    return [_known(reader, args.session)]


def _known(reader: RecordReader, session: str) -> StreamInfo:
    stream = reader.stream(session)
    if stream is None:
        raise AuditUnavailable(f"there is no conversation {session} in the record")
    return stream


def _page(reader: RecordReader, session: str) -> str:
    stored = list(reader.of_stream(session))
    events = [reader.opened(event) for event in stored]
    return export_page(f"Conversation {session}", events, export_lines(reader, stored))


def _replay(args: argparse.Namespace, settings: Settings) -> int:
    with open_reader(settings, keys=True) as reader:
        stream = _known(reader, args.session)
        # Refused before it goes on the record: nothing would be shown.
        if args.format == "json" and stream.stream_id.startswith("system:"):
            raise OperatorError("A system stream is no conversation: use --format jsonl.")
        _put_on_record(settings, ConversationsRead, [stream], args)
        events = [reader.opened(event) for event in reader.of_stream(stream.stream_id)]
        # Viewings lie in the system streams, so only a search through the tenant's finds those of this
        # conversation.
        viewed = EventFilter(tenant_id=stream.tenant_id, types=frozenset({AuditEventType.CONVERSATION_VIEWED}))
        viewings = [reader.opened(event) for event in reader.select(viewed)] if args.format == "json" else []
    if args.format == "json":
        whole = ConversationReplay.of([*events, *viewings], args.projection)
        print(json_line(whole.to_dict()))
        return 0
    for shown in replay(events, args.projection):
        if args.format == "jsonl":
            print(json_line(shown.to_dict()))
        else:
            print(f"{shown.author} [{shown.kind}] {_on_terminal(shown.text)}")
    return 0


def _on_terminal(text: str) -> str:
    """Text of a person or a model: its further lines indented, so that none looks like the next item, and nothing
    that a terminal would carry out.
    """
    lines = ("".join(sign if sign.isprintable() else " " for sign in line) for line in text.splitlines())
    return "\n    ".join(lines)


def _put_on_record(
    settings: Settings, kind: type[ConversationsRead], streams: list[StreamInfo], args: argparse.Namespace
) -> None:
    """One event a tenant in its system stream, durable before anything is shown."""
    asyncio.run(_write_viewings(settings, kind, streams, args))


async def _write_viewings(
    settings: Settings, kind: type[ConversationsRead], streams: list[StreamInfo], args: argparse.Namespace
) -> None:
    store = await open_store(settings)
    try:
        trail = AuditTrail(store=store)
        # One a tenant, because no tenant's record may tell of another's.
        for tenant in sorted({stream.tenant_id for stream in streams}):
            theirs = [stream for stream in streams if stream.tenant_id == tenant]
            event = kind(
                by=OnCommandLine(operator_of(settings.sudo_user).person, args.reason),
                conversation_id=theirs[0].stream_id if len(theirs) == 1 else None,
                projection=getattr(args, "projection", "auditor"),
                events=sum(stream.events for stream in theirs),
            )
            await trail.write(event, Origin(tenant))
    finally:
        await store.close()
