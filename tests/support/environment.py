"""The environment of the test run: emptied of everything that configures the program, restored after each test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

PREFIXES = ("OPENAI_", "REDIS_", "KAFKA_", "ULTRACORE_", "CHAINLIT_")
NAMES = frozenset({"DATABASE_URL", "PORT", "SMTP_URL"})
# What Chainlit's own command reads under names that anybody may have set: with CI it makes up a model's key.
OF_CHILDREN = frozenset({"CI", "DEBUG", "HEADLESS", "NO_CACHE", "WATCH"})


def configures_the_program(name: str) -> bool:
    """True for a variable that the program, or a library that it configures, reads."""
    return name in NAMES or name.startswith(PREFIXES)


def without_configuration(environment: Mapping[str, str]) -> dict[str, str]:
    """A copy without those variables: what a child starts from."""
    return {
        name: value
        for name, value in environment.items()
        if not configures_the_program(name) and name not in OF_CHILDREN
    }


def clear_configuration() -> dict[str, str]:
    """Remove those variables from this process, and return them."""
    removed = {name: value for name, value in os.environ.items() if configures_the_program(name)}
    for name in removed:
        del os.environ[name]
    return removed


@contextmanager
def restored_environment() -> Iterator[None]:
    """Undo at the end what happens to the environment inside."""
    before = dict(os.environ)
    try:
        yield
    finally:
        if dict(os.environ) != before:
            os.environ.clear()
            os.environ.update(before)
