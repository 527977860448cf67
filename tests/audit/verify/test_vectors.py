"""Both verifiers judge the vectors of the repository alike, and the vectors are what their script makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit import vectors
from tests.support.deadlines import PATIENCE
from ultracore.audit.sealing import load_public_key
from ultracore.audit.verify import BreakFound, Unreadable, verify_heads, verify_lines

EXPECTED: dict[str, tuple[bool, list[str]]] = json.loads((vectors.HOME / "expected.json").read_text())
INDEPENDENT = Path(__file__).parents[1] / "independent_verifier.py"


def ours_holds(record: Path, heads: Path, key: Path, arguments: list[str]) -> bool:
    public = load_public_key(key.read_bytes())
    try:
        with record.open("rb") as lines, heads.open("rb") as head_lines:
            known = verify_heads(head_lines, public)
            verify_lines(lines, known, complete="--complete" in arguments)
    except (BreakFound, Unreadable):
        return False
    return True


def theirs_holds(record: Path, heads: Path, key: Path, arguments: list[str]) -> bool:
    command = [sys.executable, "-I", str(INDEPENDENT), str(record), str(heads), str(key), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


@pytest.mark.parametrize("name", EXPECTED)
def test_both_verifiers_judge_a_vector_as_expected(name: str) -> None:
    holds, arguments = EXPECTED[name]
    files = vectors.HOME / name / "record.jsonl", vectors.HOME / name / "heads.jsonl", vectors.HOME / "key.pem"
    assert ours_holds(*files, arguments) is holds
    assert theirs_holds(*files, arguments) is holds


def test_the_vectors_are_what_their_script_makes() -> None:
    kept = {str(path.relative_to(vectors.HOME)): path.read_bytes() for path in vectors.HOME.rglob("*.*")}
    assert vectors.build() == {name: content for name, content in kept.items() if Path(name).suffix}


def test_the_independent_verifier_imports_nothing_of_ours() -> None:
    assert "ultracore." not in INDEPENDENT.read_text().replace("ultracore-heads-v1", "")
    assert "import ultracore" not in INDEPENDENT.read_text()
