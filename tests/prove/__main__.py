"""`python -m tests.prove [NAME…] [--runs N] [--seed K]`: run the proofs beside this file, or the named ones.

Each module has `FULL_RUNS`, the number of runs without `--runs`, and `run(runs: int, seed: int) -> str`, plain or
async, which returns one line of figures and raises AssertionError where something did not hold. Run number i uses
the seed `seed + i` (`tests.prove.each`), and `Failed` names the one that failed. Without `--seed` one is drawn and
printed. The exit code is 1 where a proof failed, after the command that runs the failing seed again.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import inspect
import random
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TextIO

from tests.prove.seeds import Failed
from tests.support.environment import clear_configuration

FOLDER = Path(__file__).parent


def discover(folder: Path) -> list[str]:
    """The names of the proofs in `folder`, sorted: the modules that say what a full number of runs is."""
    found = (path for path in folder.glob("*.py") if not path.name.startswith("__"))
    return sorted(path.stem for path in found if "\nFULL_RUNS" in path.read_text("utf-8"))


def prove(name: str, proof: ModuleType, runs: int | None, seed: int, out: TextIO) -> bool:
    """Run one proof and print its figures, or what failed and how to run that again; whether it held."""
    number = runs if runs is not None else int(proof.FULL_RUNS)
    out.write(f"{name}: {number} runs from seed {seed}\n")
    out.flush()
    began = time.monotonic()
    try:
        figures = proof.run(number, seed)
        figures = asyncio.run(figures) if inspect.iscoroutine(figures) else figures
    except Exception as error:
        again = (1, error.seed) if isinstance(error, Failed) else (number, seed)
        out.write(f"{traceback.format_exc()}{name} FAILED: {error}\n")
        out.write(f'again: make prove ARGS="{name} --runs {again[0]} --seed {again[1]}"\n')
        return False
    out.write(f"{name}: {figures} ({number} runs from seed {seed}, {time.monotonic() - began:.0f} s)\n")
    return True


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="make prove ARGS=…", description="Seeded proofs.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(discover(folder))}")
    parser.add_argument("--runs", type=int, help="how many runs instead of the full number")
    parser.add_argument("--seed", type=int, help="the first run's seed; drawn where it is not given")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in discover(folder)]
    if unknown:
        sys.stderr.write(f"No such proof: {', '.join(unknown)}. There are: {', '.join(discover(folder))}.\n")
        return 2
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    names = given.names or discover(folder)
    held = [
        prove(name, importlib.import_module(f"tests.prove.{name}"), given.runs, seed, sys.stdout) for name in names
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    clear_configuration()
    sys.exit(main(sys.argv[1:]))
