"""`ultracore bank`: the demo world, and the operator's view of accounts, journal and books, as JSON lines."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from ultracore.banking import Bank
from ultracore.banking.defaults import ledger_url, open_bank, seed
from ultracore.banking.ledger import operator_view as reports
from ultracore.banking.store import HEAD_REVISION, Database, copy_ledger
from ultracore.settings import Settings

Work = Callable[[Bank, argparse.Namespace], Awaitable[int]]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bank` and its commands."""
    parser = subparsers.add_parser("bank", help="the demo world, accounts, journal, check, migrate, copy")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    seeding = commands.add_parser("seed", help="write the demo world, once")
    seeding.set_defaults(handler=_seed)
    accounts = commands.add_parser("accounts", help="accounts and balances, a JSON line each")
    accounts.add_argument("--customer", metavar="C", help="this customer's accounts only")
    accounts.set_defaults(handler=_with_bank(_accounts))
    journal = commands.add_parser("journal", help="postings in order, a JSON line each")
    journal.add_argument("--account", metavar="A", help="this account's postings only")
    journal.set_defaults(handler=_with_bank(_journal))
    migrating = commands.add_parser("migrate", help="bring the ledger's schema up to date")
    migrating.set_defaults(handler=_migrate)
    copying = commands.add_parser("copy", help="the ledger from one database to another, every row compared")
    copying.add_argument(
        "--from", dest="source", metavar="URL", required=True, help="sqlite:///… or postgresql://…"
    )
    copying.add_argument("--to", dest="target", metavar="URL", required=True, help="an empty database")
    copying.set_defaults(handler=_copy)
    check = commands.add_parser("check", help="totals; exit 1 if the books do not balance")
    check.set_defaults(handler=_with_bank(_check))


def _seed(args: argparse.Namespace, settings: Settings) -> int:
    async def run() -> bool:
        bank = await Bank.open(ledger_url(settings))
        try:
            return await seed(bank, settings)
        finally:
            await bank.close()

    written = asyncio.run(run())
    print("The demo world is written." if written else "The demo world is there already; nothing was changed.")
    return 0


def _migrate(args: argparse.Namespace, settings: Settings) -> int:
    async def run() -> None:
        await (await Database.open(ledger_url(settings))).close()

    asyncio.run(run())
    print(f"The ledger's schema is up to date (revision {HEAD_REVISION}).")
    return 0


def _copy(args: argparse.Namespace, settings: Settings) -> int:
    for copied in asyncio.run(copy_ledger(args.source, args.target)):
        _line({"table": copied.table, "rows": copied.rows, "digest": copied.digest})
    return 0


def _with_bank(work: Work) -> Callable[[argparse.Namespace, Settings], int]:
    """A handler that opens the bank (with its demo world, in the demo), does the work and closes it."""

    async def run(args: argparse.Namespace, settings: Settings) -> int:
        # The demo world is written on the way, so that the first command after an installation has something to
        # show.
        bank, seeded = await open_bank(settings)
        if seeded:
            # To standard error: standard output is JSON lines that a program reads.
            print("The demo world was not there yet; it is written now.", file=sys.stderr)
        try:
            return await work(bank, args)
        finally:
            await bank.close()

    return lambda args, settings: asyncio.run(run(args, settings))


def _line(fields: Mapping[str, object]) -> None:
    print(json.dumps(fields, ensure_ascii=False))


def _time(moment: datetime) -> str:
    # Always with microseconds, as on the record: `isoformat` leaves them out when they are zero.
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def _accounts(bank: Bank, args: argparse.Namespace) -> int:
    for item in await reports.all_accounts(bank.database, args.customer):
        account = item.account
        _line(
            {
                "account": account.account_id,
                "customer": account.customer_id,
                "tenant": account.tenant_id,
                "kind": account.kind.value,
                "currency": account.currency,
                "balance": str(item.balance),
                "available": str(item.available),
                "status": account.status.value,
            }
        )
    return 0


async def _journal(bank: Bank, args: argparse.Namespace) -> int:
    async for line in reports.journal(bank.database, args.account):
        _line(
            {
                "entry": line.entry_id,
                "kind": line.kind,
                "account": line.account_id,
                "amount": str(line.amount),
                "currency": line.amount.currency,
                "time": _time(line.posted_at),
                "proposal": line.proposal_id,
                "intent": line.intent_event_id,
            }
        )
    return 0


async def _check(bank: Bank, args: argparse.Namespace) -> int:
    result = await reports.check(bank.database)
    for total in result.totals:
        _line(
            {
                "currency": total.currency,
                "debits": str(total.debits),
                "credits": str(total.credits),
                "difference": str(total.difference),
                "entries": total.entries,
                "postings": total.postings,
                "balanced": total.difference.amount == 0,
            }
        )
    for problem in result.problems:
        _line({"problem": problem.code, "subject": problem.subject})
    if not result.balanced:
        print("The books do not hold; see the lines above.", file=sys.stderr)
    # The exit code is what a nightly job looks at; the lines above are for a person.
    return 0 if result.balanced else 1
