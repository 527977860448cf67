"""The set-up finds a fit Python by running it, says one sentence where there is none, installs what is locked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
LOCKS = ("run.txt", "dev.txt", "uv.txt")


def lock(name: str) -> str:
    return (ROOT / "requirements" / name).read_text()


def pins(name: str) -> dict[str, str]:
    return {package.lower().replace("_", "-"): version for package, version in PIN.findall(lock(name))}


def stub(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without `.venv`, and a PATH folder `bin` with nothing but what the script itself calls."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "dirname").symlink_to(shutil.which("dirname") or "dirname")
    return tmp_path


def bootstrap(checkout: Path, argument: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", str(checkout / "scripts" / "bootstrap.sh"), argument]
    path = {"PATH": str(checkout / "bin")}
    return subprocess.run(command, env={**path, **environment}, capture_output=True, text=True, check=False)


def test_without_a_python_one_sentence_says_what_to_do(checkout: Path) -> None:
    done = bootstrap(checkout, "run")
    assert done.returncode == 1
    assert re.fullmatch(r"Please install Python 3\.11 or 3\.12 [^\n]*\.\n", done.stderr)


def test_a_shim_that_fails_when_called_is_passed_over(checkout: Path) -> None:
    stub(checkout / "bin" / "python3.12", "echo 'python3.12: command not found' >&2; exit 127")
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    assert "Say which packages" in bootstrap(checkout, "neither").stderr


def test_a_named_python_that_is_unfit_is_not_replaced_silently(checkout: Path) -> None:
    old = stub(checkout / "old-python", "exit 1")
    (checkout / "bin" / "python3").symlink_to(sys.executable)
    done = bootstrap(checkout, "run", PYTHON=str(old))
    assert done.returncode == 1
    assert str(old) in done.stderr


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_no_address(name: str) -> None:
    text = lock(name)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries and all(PIN.match(entry) and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text and "--index" not in text


def test_development_runs_on_the_versions_that_running_uses() -> None:
    development = pins("dev.txt")
    assert {name: development.get(name) for name in pins("run.txt")} == pins("run.txt")


def test_the_lock_holds_every_dependency_of_the_project_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [("run.txt", text) for text in project["dependencies"]]
    wanted += [("dev.txt", text) for text in project["optional-dependencies"]["dev"]]
    for name, text in wanted:
        requirement = Requirement(text)
        pinned = pins(name).get(requirement.name.lower())
        assert pinned is not None and pinned in requirement.specifier, f"{text} against {name}: run `make lock`"


def test_the_ci_script_can_be_executed() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
