"""`ultracore doctor`: opens what the settings name and says of each part whether it answers."""

from __future__ import annotations

import argparse
import asyncio

from ultracore.settings import Settings


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("doctor", help="check settings, database, audit store, Redis, Kafka and model")
    command.set_defaults(handler=_doctor)


def _doctor(args: argparse.Namespace, settings: Settings) -> int:
    # Imported here: the container loads every adapter.
    from ultracore.diagnosis import examine

    findings = asyncio.run(examine(settings))
    for part, finding in findings.items():
        print(f"{part}\t{finding}")
    return 0 if all(finding.startswith("ok") for finding in findings.values()) else 1
