"""`ultracore`: reads the arguments, loads the settings, calls one command, turns our errors into a sentence."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Callable, Sequence

from ultracore.errors import OperatorError, UltracoreError
from ultracore.settings import Settings, load_settings
from ultracore.zone import use_time_zone

Handler = Callable[[argparse.Namespace, Settings], int]

NOT_YET = 2
UNREADABLE = 2
TOO_NEW = frozenset({"ledger.too_new", "audit.too_new", "index.too_new"})
_COMMANDS = {
    "serve": "ultracore.cli.serve",
    "doctor": "ultracore.cli.doctor",
    "route": "ultracore.cli.route",
    "bank": "ultracore.cli.bank",
    "audit": "ultracore.cli.audit.commands",
    "policy": "ultracore.cli.policy",
    "users": "ultracore.cli.users",
    "eval": "ultracore.cli.evaluate",
}
"""The module of each command; its `register` adds the command to the parser."""
_COMING = {
    "mcp": "the tools as an MCP server",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code; 1 with one sentence on standard error for what must be put right.

    2 with one sentence for a database that a newer version has written.
    """
    # Logs go to standard error, so that they do not mix with the lines that a command prints.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser(given[0] if given else "")
    args, rest = parser.parse_known_args(given)
    handler: Handler = args.handler
    if rest and not getattr(args, "takes_anything", False):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        settings = load_settings()
        use_time_zone(settings.time_zone)
        return handler(args, settings)
    except OperatorError as error:
        print(error.message, file=sys.stderr)
        # 1 is the answer of `bank check` and `doctor` to what they have read.
        if error.code in TOO_NEW:
            return UNREADABLE
    except UltracoreError as error:
        # An operator acts on a sentence; any other error is reported to us, for which the code is needed.
        print(f"{error.message} ({error.code})", file=sys.stderr)
    except BrokenPipeError:
        # The reader of our output has gone, as in `… | head`. Python would complain about it once more at exit.
        sys.stderr.close()
    except KeyboardInterrupt:
        # What a shell reports for a program that Ctrl-C ended.
        return 130
    return 1


def _parser(first: str) -> argparse.ArgumentParser:
    """The parser of the command that `first` names, or of all commands if it names none."""
    parser = argparse.ArgumentParser(
        prog="ultracore", description="UltraCore Anya, a chat-first banking assistant."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # A command imports the parts it works with. All of them together take a second of processor time, which
    # `ultracore bank accounts` in a script need not wait for.
    for name in (first,) if first in _COMMANDS else _COMMANDS:
        importlib.import_module(_COMMANDS[name]).register(commands)
    for name, purpose in _COMING.items():
        command = commands.add_parser(name, help=f"{purpose} (not in this version)")
        command.add_argument("rest", nargs="*")
        command.set_defaults(handler=_not_yet, takes_anything=True)
    return parser


def _not_yet(args: argparse.Namespace, settings: Settings) -> int:
    print("This command is not part of this version yet.", file=sys.stderr)
    return NOT_YET


if __name__ == "__main__":
    sys.exit(main())
