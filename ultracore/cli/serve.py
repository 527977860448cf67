"""`ultracore serve`: the app with its server."""

from __future__ import annotations

import argparse
import sys

from ultracore.settings import Settings, require_fit_for_serving


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    command = commands.add_parser("serve", help="start the app")
    command.add_argument("--host", default="127.0.0.1", help="the address to listen on (default 127.0.0.1)")
    command.set_defaults(handler=_serve)


def _serve(args: argparse.Namespace, settings: Settings) -> int:
    require_fit_for_serving(settings)
    # Imported here: no other command pays for Chainlit.
    from ultracore.chat.launch import serve

    if settings.env != "production":
        print(_welcome(args.host, settings), file=sys.stderr, flush=True)
    serve(settings, host=args.host)
    return 0


def _welcome(host: str, settings: Settings) -> str:
    password = settings.demo_password.get_secret_value()
    return (
        f"UltraCore Anya starts at http://{host}:{settings.port}\n"
        f"Demo logins, all with the password {password}:\n"
        "  customer1, customer2, customer3, customer9 (another bank)\n"
        "  teller1, lender1, finance1, security1, supervisor1, supervisor2, supervisor3, auditor1, admin1\n"
        "Stop it with Ctrl+C."
    )
