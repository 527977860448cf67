"""`docs/events.md` is made from the vocabulary, and each type names a test that is there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Final

import pytest

from tests.audit.events_page import BY_THE_STORE, LOGGED, TESTS, WAITS, kinds_of, page
from ultracore.audit import AuditEventType, trail

ROOT: Final = Path(__file__).parents[2]


def logged() -> set[str]:
    return {name for types in LOGGED.values() for name in types.split()}


def test_the_page_is_what_the_vocabulary_says() -> None:
    assert (ROOT / "docs" / "events.md").read_text() == page()


def test_what_the_published_methods_log_is_on_the_page() -> None:
    named = re.findall(r"AuditEventType\.([A-Z_]+)", inspect.getsource(trail))
    assert {name.lower() for name in named} == logged()


def test_a_type_has_a_test_if_anything_is_recorded_under_it() -> None:
    recorded = {str(member) for member in AuditEventType if kinds_of(member)} | logged() | BY_THE_STORE.keys()
    assert sorted(name for types in TESTS.values() for name in types.split()) == sorted(recorded)


def test_a_type_that_nothing_produces_is_named_with_the_part_that_it_waits_for() -> None:
    recorded = {str(member) for member in AuditEventType if kinds_of(member)} | logged() | BY_THE_STORE.keys()
    waiting = sorted(name for types in WAITS for name in types.split())
    assert waiting == sorted({str(member) for member in AuditEventType} - recorded)


@pytest.mark.parametrize("test", TESTS)
def test_each_named_test_is_there(test: str) -> None:
    path, function = test.split("::")
    assert re.search(rf"def {function}\(", (ROOT / path).read_text())


def test_no_module_writes_an_event_past_the_vocabulary() -> None:
    """Only the trail itself, which other programs use, and the store's error event name a type to write it."""
    allowed = {"ultracore/audit/trail.py"}
    writes = re.compile(r"\.log_event\(")
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "ultracore").rglob("*.py")
        if writes.search(path.read_text())
    }
    assert found - allowed == set()
