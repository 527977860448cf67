"""The address of Redis, as an operator writes it down.

`REDIS_URL` is one of these; `rediss` stands for TLS, users and passwords are percent-encoded, and the options of
redis-py (`?ssl_ca_certs=/path/ca.pem`) may follow:

- `redis://[user:password@]host:port/db`, `unix://[user:password@]/path/redis.sock?db=0`
- `redis+cluster://[user:password@]host1:port1,host2:port2`: the nodes to begin with; the others are found
- `redis+sentinel://[user:password@]host1:port1,host2:port2/master/db`: the sentinels and the name that they know
  the master by; a login of the sentinels themselves is `?sentinel_username=…&sentinel_password=…`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import Connection, UnixDomainSocketConnection
from redis.asyncio.connection import parse_url

from ultracore.errors import OperatorError

Address = tuple[str, int]

_MANY = re.compile(r"(?P<scheme>rediss?)\+(?P<kind>cluster|sentinel)://(?P<rest>.*)", re.DOTALL)
_PORTS = {"one": 6379, "cluster": 6379, "sentinel": 26379}
# What a URL cannot change: nothing but AUTH and SELECT is sent when a connection opens, replies are bytes, and no
# timeout but our own deadline is set.
_OURS: Mapping[str, Any] = {
    "protocol": 2,
    "driver_info": None,
    "socket_timeout": None,
    "socket_connect_timeout": None,
    "decode_responses": False,
}
_OF_A_POOL = ("max_connections", "timeout", "connection_class")


class Kind(Enum):
    """How the servers belong together."""

    ONE = "one"
    CLUSTER = "cluster"
    SENTINEL = "sentinel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """How a connection is opened: its class, and its parameters but for host and port."""

    connection_class: type[Any] = Connection
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def connection(self, address: Address | None) -> Any:
        """An unopened connection. Raises `TypeError` for a parameter that the library does not know."""
        where = {} if address is None else {"host": address[0], "port": address[1]}
        return self.connection_class(**self.parameters, **where, **_OURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """What an endpoint says. `seeds` is empty for a unix socket; The last two are for sentinels only."""

    kind: Kind
    login: Login
    seeds: tuple[Address, ...] = ()
    master: str = ""
    sentinels: Login = field(default_factory=Login)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisEndpoint:
    """The address of Redis: a `url`, or a unix socket's `path`, or `host` and `port`.

    A `db` other than 0, and a `password`, go before those of the `url`.
    """

    url: str | None = field(default=None, repr=False)
    path: Path | None = None
    host: str = "127.0.0.1"
    port: int = 6379
    password: str | None = field(default=None, repr=False)
    db: int = 0

    def read(self) -> Addresses:
        """The addresses. Raises `OperatorError` for a URL that cannot be read; it quotes nothing of it."""
        if self.url is None:
            return self._of_parts()
        try:
            found = self._over(_of_url(self.url))
            found.login.connection(found.seeds[0] if found.seeds else None)
        except (ValueError, TypeError) as error:
            raise OperatorError(
                "REDIS_URL cannot be read: write it as redis://[user:password@]host:port/db, "
                "unix://[user:password@]/path, redis+cluster://host:port,host:port or "
                "redis+sentinel://host:port,host:port/master/db; rediss for TLS.",
                code="settings.redis_url",
            ) from error
        return found

    def _over(self, found: Addresses) -> Addresses:
        if self.db and found.kind is Kind.CLUSTER:
            raise ValueError("a cluster has database 0 only")
        ours = {"db": self.db, "password": self.password}
        parameters = {**found.login.parameters, **{name: value for name, value in ours.items() if value}}
        return replace(found, login=replace(found.login, parameters=parameters))

    def _of_parts(self) -> Addresses:
        parameters: dict[str, Any] = {"db": self.db, "password": self.password}
        if self.path is None:
            return Addresses(kind=Kind.ONE, login=Login(parameters=parameters), seeds=((self.host, self.port),))
        parameters["path"] = str(self.path)
        return Addresses(
            kind=Kind.ONE, login=Login(connection_class=UnixDomainSocketConnection, parameters=parameters)
        )


def _of_url(url: str) -> Addresses:
    many = _MANY.fullmatch(url)
    if many is None:
        parameters: dict[str, Any] = dict(parse_url(url))
        host, port = parameters.pop("host", None), parameters.pop("port", _PORTS["one"])
        seeds = () if "path" in parameters else ((host or "127.0.0.1", port),)
        return Addresses(kind=Kind.ONE, login=_login(parameters), seeds=seeds)
    return _of_many(Kind(many["kind"]), many["scheme"], many["rest"])


def _of_many(kind: Kind, scheme: str, rest: str) -> Addresses:
    place, mark, options = rest.partition("?")
    where, _, path = place.partition("/")
    person, at, hosts = where.rpartition("@")
    seeds = tuple(_address(host, _PORTS[kind.value]) for host in hosts.split(","))
    master, _, db = path.partition("/") if kind is Kind.SENTINEL else ("", "", path)
    if db and not db.isdigit():
        raise ValueError("a database is a number")
    # The library reads the rest: logins, the database, options.
    base = f"{scheme}://{person}{at}host/{db}{mark}{options}"
    parameters: dict[str, Any] = dict(parse_url(base))
    del parameters["host"]
    if kind is Kind.CLUSTER:
        if parameters.get("db"):
            raise ValueError("a cluster has database 0 only")
        return Addresses(kind=kind, login=_login(parameters), seeds=seeds)
    if not master:
        raise ValueError("the sentinels are asked for a master by its name")
    sentinels = {
        "username": parameters.pop("sentinel_username", None),
        "password": parameters.pop("sentinel_password", None),
    }
    login = _login(parameters)
    shared = {name: value for name, value in login.parameters.items() if name.startswith("ssl_")}
    asked = Login(connection_class=login.connection_class, parameters=sentinels | shared)
    return Addresses(kind=kind, login=login, seeds=seeds, master=unquote(master), sentinels=asked)


def _login(parameters: Mapping[str, Any]) -> Login:
    kept = {name: value for name, value in parameters.items() if name not in {*_OURS, *_OF_A_POOL}}
    return Login(connection_class=parameters.get("connection_class", Connection), parameters=kept)


def _address(text: str, port: int) -> Address:
    parsed = urlsplit(f"//{text}")
    if not parsed.hostname:
        raise ValueError("a host is missing")
    return parsed.hostname, parsed.port or port
