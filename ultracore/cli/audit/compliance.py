"""`ultracore audit compliance`: the checks of the bank's rules, now, as JSON lines and on the record."""

from __future__ import annotations

import argparse
import asyncio
import json

from ultracore.audit import AuditTrail
from ultracore.audit.defaults import open_store
from ultracore.banking.defaults import open_bank
from ultracore.cli.audit.times import moment
from ultracore.compliance import CheckOutcome, ComplianceChecks
from ultracore.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit compliance`."""
    parser.add_argument(
        "--since",
        type=moment,
        metavar="ISO",
        help="look at what happened from this time on, in place of the last week",
    )


def compliance(args: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each check and tenant, and one for each violation. 1 if there is a violation."""
    outcomes = asyncio.run(_run(args, settings))
    for outcome in outcomes:
        named = {"check": outcome.check, "tenant": outcome.tenant_id}
        print(json.dumps({**named, "looked_at": outcome.looked_at, "passed": outcome.passed}))
        for finding in outcome.findings:
            print(json.dumps({**named, "violation": finding.subject, **finding.details}, ensure_ascii=False))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


async def _run(args: argparse.Namespace, settings: Settings) -> list[CheckOutcome]:
    store = await open_store(settings)
    try:
        bank, _ = await open_bank(settings, digest=store.digest)
        try:
            return await ComplianceChecks(bank, AuditTrail(store=store)).run(since=args.since)
        finally:
            await bank.close()
    finally:
        await store.close()
