"""`docs/events.md` against the code: every type once, its test there, and nothing called unused that is used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from ultracore.audit import AuditEventType

ROOT: Final = Path(__file__).parents[2]
NOTHING: Final = "nothing yet"


def rows() -> dict[str, tuple[str, str]]:
    """What the page says of each type: what produces it, and its test."""
    page = (ROOT / "docs" / "events.md").read_text()
    found = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", page, flags=re.MULTILINE)
    assert len({name for name, _, _ in found}) == len(found)
    return {name: (producer, test) for name, producer, test in found}


def named_in_code() -> set[str]:
    """The types that a module of ours writes: reports, replay and the index's reading only read them."""
    read_only = (
        "audit/events.py",
        "audit/reports/",
        "audit/replay/",
        "audit/index/reading.py",
        "store/appender.py",
    )
    named: set[str] = set()
    for module in (ROOT / "ultracore").rglob("*.py"):
        if not any(part in module.as_posix() for part in read_only):
            named.update(re.findall(r"AuditEventType\.([A-Z_]+)", module.read_text()))
    return {name.lower() for name in named}


def test_the_page_has_every_type_in_the_order_of_the_code() -> None:
    assert list(rows()) == [str(member) for member in AuditEventType]


def test_a_type_that_nothing_produces_says_so_and_no_other_does() -> None:
    unused = {name for name, (producer, _) in rows().items() if producer == NOTHING}
    assert unused == {str(member) for member in AuditEventType} - named_in_code()


@pytest.mark.parametrize("name", [str(member) for member in AuditEventType])
def test_each_produced_type_names_a_test_that_is_there(name: str) -> None:
    producer, test = rows()[name]
    if producer == NOTHING:
        assert test == "-"
        return
    path, function = test.strip("`").split("::")
    assert re.search(rf"def {function}\(", (ROOT / path).read_text())
