"""Each rule of the architecture finds the snippet that breaks it, and leaves alone what keeps it."""

from __future__ import annotations

import pytest

from tests.support import architecture as rules
from tests.test_architecture import (
    ADAPTERS,
    BROAD_HANDLERS,
    DIRECTIONS,
    EXCEPTIONS,
    HOSTS,
    OWNERS,
    ROOT_NAMES,
    module,
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ultracore.banking.ledger", "from ultracore.ai import router"),
        ("ultracore.banking.ledger", "import ultracore.chat.door.gate"),
        ("ultracore.banking.ledger", "from ..cache import runtime"),
        ("ultracore.audit.trail", "def late():\n    from ultracore.banking import Bank"),
        ("ultracore.audit.trail", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import ultracore.ai"),
        ("ultracore.audit.trail", "import importlib\nimportlib.import_module('ultracore.chat')"),
        ("ultracore.ai.routing.service", "from ultracore import container"),
        ("ultracore.ai.routing.service", "from ultracore.settings import Settings"),
        ("ultracore.cli.serve", "from ultracore.chat import register"),
        ("ultracore.errors", "from ultracore.principal import Principal"),
        ("ultracore.unheard_of", "import ultracore.errors"),
        ("app", "from ultracore.container import open_container"),
    ],
)
def test_a_wrong_direction_is_found(name: str, text: str) -> None:
    assert len(rules.wrong_directions([module(name, text)], DIRECTIONS, EXCEPTIONS)) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ultracore.chat.turns", "from ultracore.ai import registry\nfrom ultracore import errors, container"),
        ("ultracore.banking.ledger", "from . import money\nfrom .money import parse\nimport decimal"),
        ("ultracore.audit.defaults", "def store():\n    from ultracore.settings import load_settings"),
        ("app", "from ultracore.chat import register"),
    ],
)
def test_a_right_direction_is_left_alone(name: str, text: str) -> None:
    assert rules.wrong_directions([module(name, text)], DIRECTIONS, EXCEPTIONS) == []


def test_a_relative_import_in_a_package_is_resolved_from_the_package() -> None:
    package = module("ultracore.banking", "from . import ledger\nfrom ..ai import router", is_package=True)
    assert [target for target, _ in rules.imports(package)] == [
        "ultracore.banking.ledger",
        "ultracore.ai.router",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ultracore.audit.trail", "from ultracore.audit.store.sqlite import SqliteAuditStore"),
        ("ultracore.audit.trail", "from .store import sqlite"),
        ("ultracore.chat.turns", "def f():\n    import ultracore.ai.openai_client"),
        ("ultracore.cli.doctor", "from ultracore.cache.server.service import EmbeddedRedis"),
        ("ultracore.published.defaults", "from ultracore.audit.kafka import service"),
    ],
)
def test_an_import_of_an_adapter_is_found(name: str, text: str) -> None:
    assert len(rules.adapter_imports([module(name, text)], ADAPTERS, ("ultracore.container",), EXCEPTIONS)) == 1


def test_the_container_and_the_defaults_may_import_adapters() -> None:
    container = module("ultracore.container", "from ultracore.audit import kafka, sqlite_store")
    defaults = module("ultracore.audit.defaults", "from ultracore.audit.store.sqlite import SqliteAuditStore")
    assert rules.adapter_imports([container, defaults], ADAPTERS, ("ultracore.container",), EXCEPTIONS) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ultracore.ai.routing.service", "import chainlit as cl"),
        ("ultracore.ai.runner", "from openai import APIError"),
        ("ultracore.chat.turns", "import redis.asyncio"),
        ("ultracore.container", "def f():\n    from aiokafka import AIOKafkaProducer"),
        ("ultracore.ai.routing.service", "from sklearn.linear_model import LogisticRegression"),
        ("ultracore.audit.store", "import sqlalchemy"),
    ],
)
def test_a_third_party_import_outside_its_owner_is_found(name: str, text: str) -> None:
    assert len(rules.foreign_imports([module(name, text)], OWNERS)) == 1


def test_an_owner_may_import_its_package() -> None:
    owners = [module("ultracore.chat.steps", "import chainlit"), module("ultracore.cache.locks", "import redis")]
    assert rules.foreign_imports(owners, OWNERS) == []


@pytest.mark.parametrize(
    "text",
    [
        "import os\nos.environ['A']",
        "import os\ndef f():\n    return os.getenv('A')",
        "from os import environ",
        "from pydantic_settings import BaseSettings",
        "import dotenv",
    ],
)
def test_a_read_of_the_environment_is_found(text: str) -> None:
    assert len(rules.environment_reads([module("ultracore.audit.sealing.keys", text)], "ultracore.settings")) == 1
    assert rules.environment_reads([module("ultracore.settings", text)], "ultracore.settings") == []


def test_a_module_of_501_lines_is_found() -> None:
    assert rules.long_modules([module("ultracore.a", "x = 1\n" * 500)]) == []
    assert len(rules.long_modules([module("ultracore.a", "x = 1\n" * 501)])) == 1


def test_a_function_of_41_lines_is_found_wherever_it_is() -> None:
    def nested(lines: int) -> str:
        return "class A:\n    async def f(self):\n" + "        x = 1\n" * (lines - 1)

    assert rules.long_functions([module("ultracore.a", nested(40))]) == []
    assert len(rules.long_functions([module("ultracore.a", nested(41))])) == 1


def test_too_many_longish_modules_are_found() -> None:
    short = [module(f"ultracore.s{number}", "x = 1") for number in range(17)]
    longish = [module(f"ultracore.l{number}", "x = 1\n" * 301) for number in range(4)]
    assert rules.module_shape([*short, *longish[:3]]) == []
    assert len(rules.module_shape([*short, *longish])) == 1


def test_functions_that_are_usually_long_are_found() -> None:
    def body(count: int, lines: int) -> str:
        return ("def f():\n" + "    x = 1\n" * (lines - 1)) * count

    assert rules.function_shape([module("ultracore.a", body(9, 10) + body(1, 40))]) == []
    assert len(rules.function_shape([module("ultracore.a", body(9, 11))])) == 1
    assert len(rules.function_shape([module("ultracore.a", body(8, 5) + body(2, 31))])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept:\n    log()",
        "try:\n    f()\nexcept (ValueError, BaseException) as error:\n    log(error)",
        "import contextlib\nwith contextlib.suppress(Exception):\n    f()",
    ],
)
def test_a_handler_that_swallows_everything_is_found(text: str) -> None:
    found = rules.swallowing(
        [module("ultracore.a", f"def outer():\n    {text.replace(chr(10), chr(10) + '    ')}")], {}
    )
    assert len(found) == 1 and found[0].startswith("ultracore.a.outer:")


def test_a_handler_that_raises_or_is_narrow_is_left_alone() -> None:
    text = "try:\n    f()\nexcept OSError:\n    pass\nexcept Exception:\n    undo()\n    raise"
    assert rules.swallowing([module("ultracore.a", text)], {}) == []


def test_a_listed_handler_is_allowed_and_a_stale_entry_is_found() -> None:
    text = "class Worker:\n def loop(self):\n  try:\n   f()\n  except Exception:\n   log()"
    listed = {"ultracore.a.Worker.loop": "a supervised worker's outer loop"}
    assert rules.swallowing([module("ultracore.a", text)], listed) == []
    assert len(rules.swallowing([module("ultracore.a", "x = 1")], listed)) == 1


def test_every_listed_handler_has_its_reason() -> None:
    assert all(BROAD_HANDLERS.values())


@pytest.mark.parametrize(
    "line", ["# TO" + "DO: later", "raise NotImplemented" + "Error", "# good enough for" + " now"]
)
def test_unfinished_work_is_found(line: str) -> None:
    assert len(rules.unfinished({"ultracore/a.py": f"x = 1\n{line}\n"})) == 1


def test_a_registrys_host_is_found() -> None:
    text = "--index-url https://" + HOSTS[0] + "/simple"
    assert rules.registry_hosts({"requirements/run.txt": text, "README.md": "pip install"}, HOSTS) == [
        f"requirements/run.txt names {HOSTS[0]}"
    ]


def test_a_stray_file_in_the_root_is_found() -> None:
    assert rules.unknown_in_root(["README.md", "notes.txt", "ultracore/errors.py"], ROOT_NAMES) == ["notes.txt"]
