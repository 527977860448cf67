"""What a test needs beside its own process, found from its fixtures, its parameters and its module's imports.

`make quick` leaves these kinds out. Nobody marks a test by hand: a mark would be forgotten, a fixture cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

KINDS = {
    "browser": "drives Chromium",
    "broker": "needs a Kafka broker",
    "database": "needs a PostgreSQL server",
    "process": "starts a process of its own, as tests that kill one do",
    "app": "opens the whole app, with a Redis of its own",
    "training": "trains the router",
    "random": "plays thousands of random cases",
}
FIXTURES = {
    "browser": "browser",
    "page": "browser",
    "kafka_bootstrap": "broker",
    "kafka_broker": "broker",
    "postgres": "database",
    "postgres_server": "database",
    "own_server": "process",
    "chat_server": "process",
}
MODULES = {
    "tests.support.browser": "browser",
    "tests.support.kafka": "broker",
    "tests.prove": "process",
    "tests.support.app": "process",
    "tests.widget.bank_site": "process",
    "tests.support.processes": "process",
    "tests.chat.client": "process",
    "subprocess": "process",
    "multiprocessing": "process",
    "tests.ai.screen": "app",
    "ultracore.container": "app",
    "ultracore.ai.routing.training": "training",
}
"""A test module that imports one of these, or anything out of it, is of that kind as a whole."""


def mark(items: list[pytest.Item]) -> None:
    """Give each test the marks of its kinds."""
    of_modules: dict[ModuleType, set[str]] = {}
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        module = item.module
        if module not in of_modules:
            of_modules[module] = set(kinds_of_module(module))
        for kind in {*of_modules[module], *kinds_of_function(item)}:
            item.add_marker(kind)


def kinds_of_function(item: pytest.Function) -> Iterator[str]:
    """By fixtures, random numbers that it draws, and a parameter that asks for PostgreSQL or a Redis cluster."""
    yield from (FIXTURES[name] for name in item.fixturenames if name in FIXTURES)
    if "Random" in item.function.__code__.co_names:
        yield "random"
    if hasattr(item, "callspec") and "postgres" in item.callspec.params.values():
        yield "database"
    if hasattr(item, "callspec") and "cluster" in item.callspec.params.values():
        yield "process"


def kinds_of_module(module: ModuleType) -> Iterator[str]:
    """By what the module has imported."""
    for value in vars(module).values():
        name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
        yield from (kind for origin, kind in MODULES.items() if f"{name}.".startswith(f"{origin}."))
