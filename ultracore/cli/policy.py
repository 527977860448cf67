"""`ultracore policy`: the policy in force, whether it is sound, and what another one would change."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ultracore.settings import Settings

if TYPE_CHECKING:
    from ultracore.banking.access import AccessService


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `policy` and its commands."""
    parser = commands.add_parser("policy", help="show, check and compare what each role may do")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    showing = verbs.add_parser("show", help="the policy in force, a statement a line")
    showing.set_defaults(handler=_show)
    checking = verbs.add_parser("check", help="whether a policy is sound; exit 1 if it is not")
    checking.add_argument("file", metavar="FILE", nargs="?", type=Path, help="instead of the policy in force")
    checking.set_defaults(handler=_check)
    comparing = verbs.add_parser("diff", help="what a file would change; exit 1 if anything")
    comparing.add_argument("file", metavar="FILE", type=Path)
    comparing.set_defaults(handler=_diff)


def _show(args: argparse.Namespace, settings: Settings) -> int:
    access = _load(settings)
    print(f"policy {access.policy_version}")
    print("\n".join(_said(access)))
    return 0


def _check(args: argparse.Namespace, settings: Settings) -> int:
    from ultracore.banking.access import faults

    access = _load(settings, args.file)
    found = faults(access)
    for fault in found:
        print(fault, file=sys.stderr)
    if not found:
        print(
            f"The policy {access.policy_version} is sound: {len(access.roles)} roles, {len(access.limits)} limits."
        )
    return 1 if found else 0


def _diff(args: argparse.Namespace, settings: Settings) -> int:
    ours, theirs = _said(_load(settings)), _said(_load(settings, args.file))
    changes = [f"- {line}" for line in ours if line not in theirs] + [
        f"+ {line}" for line in theirs if line not in ours
    ]
    for change in changes:
        print(change)
    return 1 if changes else 0


def _load(settings: Settings, file: Path | None = None) -> AccessService:
    # Imported here: the tools load every domain, which no other command needs.
    from ultracore.ai.profiles import PROFILES
    from ultracore.ai.tools import grants_of
    from ultracore.ai.tools.toolset import TOOLS
    from ultracore.banking.access import AccessService
    from ultracore.banking.defaults import policy_path, step_up_of

    grants, step_up = grants_of(TOOLS, PROFILES), None if file else step_up_of(settings)
    return AccessService.load(file or policy_path(settings), grants, step_up=step_up)


def _said(access: AccessService) -> list[str]:
    from ultracore.banking.access import statements

    return statements(access)
