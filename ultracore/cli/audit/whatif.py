"""`ultracore audit whatif`: recorded conversations again with another model, prompt or policy.

Exit codes: 0 no decision is another one, 1 at least one is, 2 wrong arguments, or the model cannot be asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from ultracore.audit import AuditTrail, Origin, StreamInfo, operator_of
from ultracore.audit.defaults import RecordReader, open_reader, open_store
from ultracore.audit.vocabulary import ConversationPlayedAgain, OnCommandLine
from ultracore.errors import OperatorError
from ultracore.settings import Settings

if TYPE_CHECKING:
    from ultracore.ai.model import BudgetedModel
    from ultracore.whatif import Instead, WhatIfReport

DEMO: Final = "demo"
MOST: Final = 1_000
_BAR: Final = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit whatif`."""
    parser.add_argument("session", metavar="SESSION", nargs="*", help="conversations, by their ids")
    parser.add_argument("--sessions", type=Path, metavar="FILE", help="a file of ids, one a line; - to read them")
    parser.add_argument("--newest", type=int, metavar="N", help="the newest N conversations of --tenant")
    parser.add_argument("--tenant", metavar="T", help="with --newest: whose conversations")
    parser.add_argument("--model", metavar="M", help=f"another model, or {DEMO}; the settings' if left out")
    parser.add_argument(
        "--base-url", metavar="URL", help="where it is; the settings' key and headers are not sent there"
    )
    parser.add_argument("--prompt", type=Path, metavar="FILE", help="other prompts (TOML)")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="another policy (TOML)")
    parser.add_argument("--print-prompt", action="store_true", help="the prompts of this version, to begin with")
    parser.add_argument("--reason", default="", help="why you read these conversations; it goes on the record")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")


def whatif(args: argparse.Namespace, settings: Settings) -> int:
    """Play and print. Raises `OperatorError` for what cannot be meant, before anything is read."""
    if args.print_prompt:
        from ultracore.whatif import shipped_prompts

        print(shipped_prompts())
        return 0
    if not args.reason.strip():
        raise OperatorError("Give --reason: reading conversations goes on the record with it.")
    asked = _model_settings(args, settings)
    with open_reader(settings, keys=True) as reader:
        streams = _chosen(reader, args)
        report = asyncio.run(_played(args, settings, asked, reader, streams))
    print(json.dumps(report.as_json(), ensure_ascii=False) if args.json else report.as_text())
    return 1 if report.changes else 0


def _model_settings(args: argparse.Namespace, settings: Settings) -> Settings:
    """The settings with the model that is asked, without a fallback: two models would make one report."""
    from ultracore.ai.model import OFFLINE_BASE_URL

    own: dict[str, object] = {"fallback_model": None}
    if args.base_url is not None and args.model in (None, DEMO):
        raise OperatorError("--base-url belongs to --model: name the model that is there.")
    if args.model == DEMO or (args.model is None and settings.uses_offline_model):
        own |= {"openai_base_url": OFFLINE_BASE_URL, "openai_api_key": None}
    elif args.model is not None:
        own["model"] = args.model
    if args.base_url is not None:
        # A key and headers are for the endpoint that they were given for, and no other.
        own |= {"openai_base_url": args.base_url, "openai_api_key": SecretStr("none"), "model_headers": {}}
    return settings.model_copy(update=own)


def _chosen(reader: RecordReader, args: argparse.Namespace) -> list[StreamInfo]:
    """The conversations that were named. Raises `OperatorError`, also for one that the record does not have."""
    ids = [*args.session, *(_listed(args.sessions) if args.sessions else ())]
    if bool(ids) == (args.newest is not None):
        raise OperatorError("Name conversations by their ids (SESSION, --sessions FILE) or with --newest N.")
    if (args.newest is None) != (args.tenant is None):
        raise OperatorError("--newest and --tenant belong together.")
    if args.newest is not None:
        if not 1 <= args.newest <= MOST:
            raise OperatorError(f"--newest is a number from 1 to {MOST}.")
        reader.require_tenant(args.tenant)
        return reader.streams(tenant_id=args.tenant, limit=args.newest)
    return [_known(reader, one) for one in dict.fromkeys(ids)]


def _listed(path: Path) -> list[str]:
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8", errors="replace")
    # What `audit sessions` prints is such a list: the id is its first field.
    ids = [line.split("\t")[0].strip() for line in text.splitlines()]
    if not any(ids):
        raise OperatorError(f"There is no conversation in {path}.")
    return [one for one in ids if one]


def _known(reader: RecordReader, session: str) -> StreamInfo:
    stream = reader.stream(session)
    if stream is None or session.startswith("system:"):
        raise OperatorError(f"There is no conversation {session} in the record.")
    return stream


async def _played(
    args: argparse.Namespace,
    settings: Settings,
    asked: Settings,
    reader: RecordReader,
    streams: Sequence[StreamInfo],
) -> WhatIfReport:
    from ultracore.ai.model import BudgetedModel
    from ultracore.models import model_of
    from ultracore.whatif import WhatIf, WhatIfReport

    async with model_of(asked) as client:
        instead = _instead(args, settings, BudgetedModel(client, asked.model_history_tokens))
        # Durable before the first envelope is opened, and before the model is told a word.
        name = DEMO if client.is_offline else asked.model
        await _put_on_record(args, settings, (name, asked.openai_base_url), streams)
        tried = WhatIf(reader, instead, name)
        found = [one async for one in tried.compared(streams, _progress)]
    given = {name: None if (path := getattr(args, name)) is None else str(path) for name in ("prompt", "policy")}
    return WhatIfReport({"model": name, **given}, found)


def _instead(args: argparse.Namespace, settings: Settings, model: BudgetedModel) -> Instead:
    from ultracore.ai.agents import TurnRunner
    from ultracore.ai.care import read_care_file
    from ultracore.ai.profiles import PROFILES
    from ultracore.ai.tools import grants_of
    from ultracore.ai.tools.toolset import TOOLS
    from ultracore.banking.access import AccessService
    from ultracore.banking.defaults import policy_path, step_up_of
    from ultracore.whatif import Instead, Prompts

    care, phone = read_care_file(settings.care_file, settings.support_phone), settings.support_phone
    prompts = Prompts.read(args.prompt, phone, care.hours) if args.prompt else Prompts(phone, care.hours)
    step_up = None if args.policy else step_up_of(settings)
    access = AccessService.load(args.policy or policy_path(settings), grants_of(TOOLS, PROFILES), step_up=step_up)
    return Instead(TurnRunner(model, phones=care.numbers), prompts, access, policy=args.policy is not None)


async def _put_on_record(
    args: argparse.Namespace, settings: Settings, asked: tuple[str, str | None], streams: Sequence[StreamInfo]
) -> None:
    """One viewing a conversation, so that each customer is told of their own."""
    from ultracore.ai.model import OPENAI_BASE_URL

    store = await open_store(settings)
    try:
        trail = AuditTrail(store=store)
        for stream in streams:
            event = ConversationPlayedAgain(
                by=OnCommandLine(operator_of(settings.sudo_user).person, args.reason),
                conversation_id=stream.stream_id,
                projection="auditor",
                events=stream.events,
                model=asked[0],
                endpoint=asked[1] or OPENAI_BASE_URL,
            )
            await trail.write(event, Origin(stream.tenant_id))
    finally:
        await store.close()


def _progress(done: int, of: int) -> None:
    # To standard error, so that the report on standard output stays a report.
    if sys.stderr.isatty():
        print(f"\r{bar(done, of)}", end="" if done < of else "\n", file=sys.stderr, flush=True)


def bar(done: int, of: int) -> str:
    """A line that shows how far a run is."""
    filled = _BAR if of == 0 else _BAR * done // of
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {done}/{of} conversations"
