"""Make `.venv` and install the locked packages into it: `bootstrap.py run` or `bootstrap.py dev`.

Uses the standard library only. Does nothing if the stamp of the same lock files is there already; installing
`run` over `dev` removes nothing. Two calls at the same time wait for each other. A failed step: its output,
one sentence, exit code 1.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {
    "run": ("requirements/uv.txt", "requirements/run.txt", "pyproject.toml"),
    "dev": ("requirements/uv.txt", "requirements/run.txt", "requirements/dev.txt", "pyproject.toml"),
}


def fingerprint(level: str) -> str:
    """A digest of what decides about the packages of `level`, of the place and of the interpreter's version."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version_info[:2]}".encode())
    for name in LOCKS[level]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp(level: str) -> Path:
    """The file that holds the fingerprint of what was installed last."""
    return VENV / f".installed-{level}"


def is_current(level: str) -> bool:
    """True if `level` is installed from these lock files. What serves development serves running too."""
    levels = ("dev",) if level == "dev" else ("run", "dev")
    return any(stamp(one).is_file() and stamp(one).read_text() == fingerprint(one) for one in levels)


def is_usable() -> bool:
    """True if `.venv` has a working interpreter of this version, and pip."""
    question = "import pip, sys; print(sys.version_info[:2])"
    try:
        done = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == str(sys.version_info[:2])


def run(*command: str | Path) -> None:
    """Run one step with its output on standard error, so that our own standard output stays clean."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    subprocess.run(
        [str(part) for part in command], check=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=2
    )


def make_venv() -> None:
    """A fresh `.venv` on the interpreter that runs this script."""
    shutil.rmtree(VENV, ignore_errors=True)
    run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", VENV)


def install(level: str) -> None:
    """The locked packages, hashes checked and byte-compiled, then the project itself as an editable install."""
    run(PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", "requirements/uv.txt")
    uv = (VENV / "bin" / "uv", "pip", "install", "-q", "--python", PYTHON, "--no-deps")
    run(*uv, "--require-hashes", "--compile-bytecode", "-r", f"requirements/{level}.txt")
    run(*uv, "--no-build-isolation", "--editable", ROOT)


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock of this checkout."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def main(level: str) -> None:
    """Bring `.venv` to `level`."""
    with alone():
        usable = is_usable()
        if usable and is_current(level):
            return
        sys.stderr.write(f"Installing the locked packages ({level}) into .venv; the first time takes a minute.\n")
        if not usable:
            make_venv()
        install(level)
        stamp(level).write_text(fingerprint(level))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("Say which packages: bootstrap.py run, or bootstrap.py dev.")
    try:
        main(sys.argv[1])
    except subprocess.CalledProcessError as error:
        sys.exit(
            f"Could not set up .venv: {Path(error.cmd[0]).name} ended with code {error.returncode}, see above."
        )
    except OSError as error:
        sys.exit(f"Could not set up .venv: {error}.")
