"""The bank that the settings describe: for the container and for the command line."""

from __future__ import annotations

from pathlib import Path

from ultracore.banking.access import DEFAULT_POLICY, Grants
from ultracore.banking.bank import Bank
from ultracore.banking.seals import Digest, plain_digest
from ultracore.banking.store import sqlite_url
from ultracore.errors import OperatorError
from ultracore.settings import Settings


def ledger_url(settings: Settings) -> str:
    """`DATABASE_URL`, else `ledger.db` under the data directory."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return sqlite_url(settings.data_path / "ledger.db")


def policy_path(settings: Settings) -> Path:
    """`ULTRACORE_POLICY_FILE`, else the policy of this version."""
    return settings.policy_file or DEFAULT_POLICY


def step_up_of(settings: Settings) -> bool | None:
    """True in production with the shipped policy, whose "off" is for the demo; None if the policy decides."""
    return True if settings.env == "production" and settings.policy_file is None else None


async def open_bank(
    settings: Settings, *, digest: Digest = plain_digest, grants: Grants | None = None
) -> tuple[Bank, bool]:
    """Open the ledger, with the demo world in it if the environment is `demo`. True if it was seeded now.

    `digest` seals proposals: the record's keyed one for a program that makes or approves them. `grants` is what
    roles may use by default; a bank that no tool acts on needs none.
    Raises `OperatorError` if the ledger cannot be opened, and in production if it has demo logins.
    """
    bank = await Bank.open(
        ledger_url(settings),
        policy=policy_path(settings),
        digest=digest,
        grants=grants,
        support_phone=settings.support_phone,
        step_up=step_up_of(settings),
    )
    try:
        if settings.env == "demo":
            return bank, await seed(bank, settings)
        # A ledger that was filled as a demo keeps its logins, whose password is no secret.
        await _refuse_demo_world(bank)
        return bank, False
    # Closed also when the caller is cancelled, or its engine would outlive the event loop.
    except BaseException:
        await bank.close()
        raise


async def _refuse_demo_world(bank: Bank) -> None:
    from ultracore.banking.demo import is_demo_world

    if await is_demo_world(bank.database):
        raise OperatorError(
            "This ledger holds the demo world, whose logins have a known password; name another in DATABASE_URL.",
            code="demo.in_production",
        )


async def seed(bank: Bank, settings: Settings) -> bool:
    """The demo world, once. True if this call wrote it. Raises `OperatorError` in production."""
    # Imported here: only a demo bank has a demo world.
    from ultracore.banking.demo import seed_demo_world

    if settings.env != "demo":
        raise OperatorError("The demo world is for ULTRACORE_ENV=demo only.", code="demo.refused")
    return await seed_demo_world(bank.database, settings.demo_password.get_secret_value())


async def renew_demo_passwords(bank: Bank, settings: Settings) -> None:
    """Give the demo logins the password of the settings, if it has changed. Does nothing in production."""
    from ultracore.banking.demo import renew_demo_passwords as renew

    if settings.env == "demo":
        await renew(bank.database, settings.demo_password.get_secret_value())
