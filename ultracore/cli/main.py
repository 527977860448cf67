"""`ultracore`: reads the arguments, loads the settings, calls one command, turns our errors into a sentence."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence

from ultracore.cli import bank, doctor, evaluate, policy, route, serve, users
from ultracore.cli.audit import commands as audit
from ultracore.errors import OperatorError, UltracoreError
from ultracore.settings import Settings, load_settings
from ultracore.zone import use_time_zone

Handler = Callable[[argparse.Namespace, Settings], int]

NOT_YET = 2
UNREADABLE = 2
TOO_NEW = frozenset({"ledger.too_new", "audit.too_new", "index.too_new"})
_COMING = {
    "mcp": "the tools as an MCP server",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit code; 1 with one sentence on standard error for what must be put right.

    2 with one sentence for a database that a newer version has written.
    """
    # Logs go to standard error, so that they do not mix with the lines that a command prints.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    args, rest = _parser().parse_known_args(arguments)
    handler: Handler = args.handler
    if rest and not getattr(args, "takes_anything", False):
        _parser().error(f"unrecognized arguments: {' '.join(rest)}")
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ultracore", description="UltraCore Anya, a chat-first banking assistant."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (serve, doctor, route, bank, audit, policy, users, evaluate):
        module.register(commands)
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
