"""`ultracore eval`: plays a folder of conversations against a model and prints what passed.

Exit codes: 0 nothing forbidden occurred, 1 a forbidden effect or word occurred.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import ExitStack
from pathlib import Path

from ultracore.evaluation import (
    OBEDIENT,
    EvaluationCase,
    EvaluationReport,
    ObedientModel,
    evaluate,
    read_cases,
    shipped_cases,
)
from ultracore.settings import Settings

DEMO = "demo"
MOST_RUNS = 50


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("eval", help="play conversations against a model and report what passed")
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", type=Path, help="*.toml files; the shipped ones if left out"
    )
    parser.add_argument(
        "--model", metavar="M", help=f"a model's name at the endpoint of the settings, {DEMO} or {OBEDIENT}"
    )
    parser.add_argument("--runs", metavar="N", type=int, default=1, help=f"how often each, 1 to {MOST_RUNS}")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the report")
    parser.set_defaults(handler=handle)


def handle(args: argparse.Namespace, settings: Settings) -> int:
    """Play and print."""
    cases = shipped_cases() if args.folder is None else read_cases(args.folder)
    with ExitStack() as stack:
        chosen, name = _settings(args.model, settings, stack)
        report = asyncio.run(_evaluated(cases, chosen, name, max(1, min(args.runs, MOST_RUNS))))
    print(json.dumps(report.as_json(), ensure_ascii=False) if args.json else report.as_text())
    return 1 if report.has_forbidden else 0


def _settings(model: str | None, settings: Settings, stack: ExitStack) -> tuple[Settings, str]:
    """The settings of a world of its own with that model, and its name in the report."""
    # Nothing of the real installation: no servers that others use, and no data of theirs.
    own: dict[str, object] = {
        "redis_url": None,
        "redis_host": None,
        "database_url": None,
        "audit_database_url": None,
        "kafka_bootstrap_servers": None,
    }
    if model == OBEDIENT:
        own |= {"openai_base_url": stack.enter_context(ObedientModel()).base_url, "model": OBEDIENT}
    elif model == DEMO:
        own |= {"openai_base_url": None, "openai_api_key": None}
    elif model is not None:
        own["model"] = model
    fields = type(settings).model_fields
    chosen = settings.model_copy(update={name: value for name, value in own.items() if name in fields})
    return chosen, DEMO if chosen.uses_offline_model else chosen.model


async def _evaluated(cases: list[EvaluationCase], settings: Settings, name: str, runs: int) -> EvaluationReport:
    def progress(done: int, of: int) -> None:
        # To standard error, so that the report on standard output stays a report.
        if sys.stderr.isatty():
            print(f"\r{done}/{of}", end="" if done < of else "\n", file=sys.stderr, flush=True)

    return await evaluate(cases, settings, model=name, runs=runs, progress=progress)
