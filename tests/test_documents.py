"""What the documents name is there: files, modules, tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_QUOTED: Final = re.compile(r"`([\w./*-]+(?:::\w+)?)`")
_SUFFIXES: Final = (".py", ".md", ".toml", ".sh", ".npz", ".js", ".html", ".css")
_ROOMS: Final = {path.name for folder in (ROOT, ROOT / "ultracore") for path in folder.iterdir() if path.is_dir()}
# What a reader makes or finds elsewhere: the name is an example, a script of Kafka's, a file of the history.
_ELSEWHERE: Final = {"kafka-topics.sh"}


def named_paths(text: str) -> Iterator[tuple[str, str]]:
    """What a text quotes as a file, folder or module, as a path, and the test in it that is meant."""
    for quoted in _QUOTED.findall(text):
        path, _, test = quoted.partition("::")
        if re.fullmatch(r"ultracore(\.[a-z_]+)+", path):
            path = path.replace(".", "/")
        is_path = path.endswith(_SUFFIXES) or ("/" in path and path.split("/")[0] in _ROOMS)
        if is_path and path not in _ELSEWHERE:
            yield path.rstrip("/"), test


def found(path: str) -> list[Path]:
    """The files and folders that a path means: from the checkout, from the package, or by its end."""
    places = (path, f"ultracore/{path}", f"{path}.py", f"ultracore/{path}.py")
    exact = [match for place in places for match in ROOT.glob(place)]
    return exact or [*(ROOT / "ultracore").rglob(path), *(ROOT / "tests").rglob(path)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_only_what_is_there(document: Path) -> None:
    missing = [
        f"{path}::{test}" if test else path
        for path, test in named_paths(document.read_text("utf-8"))
        if not any(not test or f"def {test}(" in file.read_text("utf-8") for file in found(path))
    ]
    assert not missing


def test_each_test_that_is_named_alone_is_there() -> None:
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = {name for path in DOCUMENTS for name in re.findall(r"`(test_\w+)`", path.read_text("utf-8"))}
    assert [name for name in sorted(named) if f"def {name}(" not in sources] == []


def test_a_name_that_is_nowhere_is_found() -> None:
    text = "See `ultracore/nowhere.py`, `banking/nowhere/`, `ultracore.nowhere`, and `docs/architecture.md`."
    assert [path for path, _ in named_paths(text) if not found(path)] == [
        "ultracore/nowhere.py",
        "banking/nowhere",
        "ultracore/nowhere",
    ]
