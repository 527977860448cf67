"""`ultracore users`: adding, closing, resetting and listing logins. One-time links are printed, once.

Exit codes: 0 done, 1 refused, 3 filed: another administrator has to confirm it on the page `/admin`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from ultracore.audit import operator_of
from ultracore.cache import RedisClient
from ultracore.cache.defaults import cache_secret, server_of
from ultracore.cache.stores import RuntimeStores
from ultracore.cli.audit import moment, resolve
from ultracore.container import core, identity_of
from ultracore.identity import Actor, Administration, Granted, IdentityRefused, LoginView, NewLogin, Term
from ultracore.principal import Role
from ultracore.settings import Settings

NOT_DONE: Final = 3
ROLES: Final = [role for role in Role if role is not Role.VISITOR]

_ACTS: Final[Mapping[str, str]] = {
    "factor": "taking the second factor away",
    "contact": "another mail address",
    "accounts": "taking the connected accounts away",
}

Work = Callable[[Administration, Actor, argparse.Namespace, Settings], Awaitable[int]]


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `users` and its commands."""
    parser = subparsers.add_parser("users", help="add, disable, enable, reset and list logins")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _register_add(commands)
    listing = commands.add_parser("list", help="logins, a JSON line each")
    listing.add_argument("--tenant", metavar="T", help="this tenant's logins only")
    listing.set_defaults(handler=_with_administration(_list))
    for name, work, what in (
        ("disable", _acting(Administration.disable), "close a login and end its sessions"),
        ("enable", _acting(Administration.enable), "open a login that was closed"),
        ("reset", _acting(Administration.reset), "print a one-time link for a new password, and end the sessions"),
        (
            "reset-factor",
            _acting(Administration.reset_factor),
            "take a lost second factor away, and end the sessions",
        ),
        ("revoke", _acting(Administration.revoke), "end the sessions of a login"),
        ("sessions", _sessions, "where a login is signed in, a JSON line each"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("login", metavar="LOGIN")
        command.set_defaults(handler=_with_administration(work))
    _register_roles(commands)
    accounts = commands.add_parser(
        "accounts", help="the accounts at providers that sign a login in, a JSON line each"
    )
    accounts.add_argument("login", metavar="LOGIN")
    accounts.add_argument("--remove", action="store_true", help="take them all away, and end the sessions")
    accounts.set_defaults(handler=_with_administration(_accounts))
    address = commands.add_parser("address", help="the mail address of a login; with ADDRESS a change of it")
    address.add_argument("login", metavar="LOGIN")
    address.add_argument("address", metavar="ADDRESS", nargs="?")
    address.set_defaults(handler=_with_administration(_address))


def _register_add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    adding = commands.add_parser("add", help="make a login; prints a one-time link to set its password")
    adding.add_argument("login", metavar="LOGIN")
    adding.add_argument("--tenant", metavar="T", required=True)
    adding.add_argument("--role", metavar="R", action="append", required=True, type=Role, choices=ROLES)
    adding.add_argument("--customer", metavar="C", help="for the role customer: whose login it is")
    adding.add_argument("--name", metavar="N", default="", help="the person's name")
    adding.set_defaults(handler=_with_administration(_add))


def _register_roles(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    roles = commands.add_parser("roles", help="the roles of a login; with --give or --take a change of them")
    roles.add_argument("login", metavar="LOGIN")
    which = roles.add_mutually_exclusive_group()
    which.add_argument("--give", metavar="R", type=Role, choices=ROLES)
    which.add_argument("--take", metavar="R", type=Role, choices=ROLES)
    roles.add_argument("--from", dest="since", metavar="ISO", type=moment, help="when the role begins")
    roles.add_argument("--until", metavar="ISO", type=moment, help="when it ends")
    roles.set_defaults(handler=_with_administration(_roles))


def _with_administration(work: Work) -> Callable[[argparse.Namespace, Settings], int]:
    async def run(args: argparse.Namespace, settings: Settings) -> int:
        resolve(args)
        actor = Actor(name=f"operator:{operator_of(settings.sudo_user).person}", tenant_id=None)
        async with core(settings) as opened:
            try:
                return await work(identity_of(opened).administration, actor, args, settings)
            except IdentityRefused as refusal:
                # Written for people: an operator needs no code beside it.
                print(refusal.sentence, file=sys.stderr)
                return 1

    return lambda args, settings: asyncio.run(run(args, settings))


async def _add(administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings) -> int:
    new = NewLogin(
        login=args.login,
        tenant_id=args.tenant,
        roles=frozenset(args.role),
        name=args.name,
        customer_id=args.customer,
    )
    return _told(await administration.add(actor, new), settings, done=0)


def _acting(act: Callable[[Administration, Actor, str], Awaitable[Granted]]) -> Work:
    """The command of an act on one login."""

    async def work(
        administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings
    ) -> int:
        return _told(await act(administration, actor, args.login), settings)

    return work


async def _roles(
    administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings
) -> int:
    if args.take:
        return _told(await administration.take_role(actor, args.login, args.take), settings)
    if args.give:
        term = Term(since=args.since or datetime.now(UTC), until=args.until)
        return _told(await administration.give_role(actor, args.login, args.give, term), settings)
    for held in (await _known(administration, args.login)).roles:
        times = {"from": _time(held.since), "until": _time(held.until)}
        _line({"role": held.role.value, **times, "given_by": held.given_by})
    return 0


async def _accounts(
    administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings
) -> int:
    if args.remove:
        return _told(await administration.disconnect(actor, args.login), settings)
    for one in await administration.book.accounts_of((await _known(administration, args.login)).login):
        told = {"issuer": one.issuer, "subject": one.subject}
        _line({**told, "connected_by": one.made_by, "since": _time(one.made_at)})
    return 0


async def _address(
    administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings
) -> int:
    if args.address is not None:
        return _told(await administration.set_address(actor, args.login, args.address), settings)
    address = await administration.address_of((await _known(administration, args.login)).login)
    _line({"login": args.login, "address": address})
    return 0


async def _list(administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings) -> int:
    now = datetime.now(UTC)
    for login in await administration.book.page(args.tenant):
        _line(
            {
                "login": login.login,
                "tenant": login.tenant_id,
                "roles": [held.role.value for held in login.roles if held.holds(now)],
                "customer": login.customer_id,
                "state": login.state,
                "second_factor": login.has_second_factor,
            }
        )
    return 0


async def _sessions(
    administration: Administration, actor: Actor, args: argparse.Namespace, settings: Settings
) -> int:
    login = await _known(administration, args.login)
    server = await server_of(settings)
    client = RedisClient(server.endpoint, call_seconds=settings.redis_call_seconds)
    try:
        logins = RuntimeStores.over(client, secret=cache_secret(settings)).logins
        for session in await logins.live_of(login.tenant_id, login.login):
            times = {"since": _time(session.since), "until": _time(session.until)}
            _line({**times, "address": session.ip_address, "browser": session.user_agent})
    finally:
        await client.aclose()
        server.release()
    return 0


async def _known(administration: Administration, name: str) -> LoginView:
    login = await administration.book.find(name)
    if login is None:
        raise IdentityRefused("no such login", sentence="There is no such login.")
    return login


def _told(change: Granted, settings: Settings, *, done: int = NOT_DONE) -> int:
    """Print the link, if one was made, and say what waits."""
    if change.token is not None:
        print(f"{settings.public_address}/set-password/{change.token}")
    for request in change.waiting:
        what = request.role.value if request.role is not None else _ACTS.get(request.act, request.act)
        print(f"{what} for {request.login} waits for an administrator to confirm it on /admin.", file=sys.stderr)
    return done if change.waiting else 0


def _line(fields: Mapping[str, object]) -> None:
    print(json.dumps(fields, ensure_ascii=False))


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
