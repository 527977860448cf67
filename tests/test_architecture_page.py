"""What `docs/architecture.md` names exists: its tests, its modules, its tree."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "ultracore"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOMS = (
    "admin",
    "ai",
    "audit",
    "banking",
    "cache",
    "chat",
    "cli",
    "desk",
    "documents",
    "offline_model",
    "privacy",
    "identity",
    "published",
    "web",
)
# Folders that alembic, the training and the data files want; they are no capabilities.
INNER = {"migrations", "versions", "training", "data", "toolset", "tables"}


def section(title: str) -> str:
    """The text below a heading of the page, up to the next one."""
    return PAGE.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def row_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def paths_in(text: str) -> set[str]:
    """The files and folders that a text names, seen from the root of the repository."""
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*/?)`", text))
    ours = {name for name in named if name.split("/")[0] in ROOMS and "/" in name}
    leaves = {name for name in named if "/" not in name and name.endswith(".py") and name not in beside(named)}
    others = {name for name in named if name.split("/")[0] in {"docs", "tests", "training", "public"}}
    return {f"ultracore/{name}" for name in ours | leaves} | others


def beside(named: set[str]) -> set[str]:
    """Names such as `service.py` in "`a/effects.py` and `service.py` there": their folder is named."""
    folders = {name.rpartition("/")[0] for name in named if "/" in name}
    return {
        name for name in named if "/" not in name and any((PACKAGE / folder / name).exists() for folder in folders)
    }


def test_every_test_that_the_page_names_exists() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 20
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


def test_every_rule_has_its_line() -> None:
    assert re.findall(r"^\| ([1-9]) ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 10)]


def test_everything_that_the_page_names_exists() -> None:
    named = paths_in(PAGE)
    assert len(named) > 50
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_change_names_the_files_that_it_takes() -> None:
    rows = [row_of(line) for line in section("Where is the room for a change").splitlines() if line[:1] == "|"][2:]
    assert len(rows) >= 10
    assert [change for change, files in rows if not paths_in(files)] == []


def test_the_tree_on_the_page_is_the_tree_of_the_package() -> None:
    block = section("The tree").split("```")[1]
    drawn, room = set(), ""
    for depth, name in re.findall(r"^( +)(\w+)/ ", block, re.MULTILINE):
        room = name if len(depth) == 2 else room
        drawn.add(name if len(depth) == 2 else f"{room}/{name}")
    packages = (
        path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE
    )
    assert drawn == {place.as_posix() for place in packages if not INNER & set(place.parts)}


def test_what_is_named_and_missing_is_found() -> None:
    assert paths_in("`audit/gone.py`, `gone.py` and `chat/http/`") == {
        "ultracore/audit/gone.py",
        "ultracore/gone.py",
        "ultracore/chat/http/",
    }
    assert "ultracore/service.py" not in paths_in("`banking/account_life/effects.py` and `service.py` there")
