"""Every test that `docs/architecture.md` names exists, and so does every module."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


def test_every_rule_has_its_line() -> None:
    assert re.findall(r"^\| ([1-9]) ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 10)]


def test_every_module_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`((?:ai|audit|banking|cache|chat|cli)/[\w/.]*|\w+\.py)`", PAGE))
    places = {name: ROOT / "ultracore" / name for name in named}
    assert [name for name, place in sorted(places.items()) if not place.exists()] == []
