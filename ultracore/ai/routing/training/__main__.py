"""`python -m ultracore.ai.routing.training [--output FILE] [--mistakes]`: rebuild the router's data file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ultracore.ai.routing.classifier import save
from ultracore.ai.routing.service import MODEL_FILE, Router
from ultracore.ai.routing.training import report
from ultracore.ai.routing.training.corpus import read_corpus, read_held_out
from ultracore.ai.routing.training.fit import fit


def main(arguments: list[str] | None = None) -> int:
    """Fit, write the file, print the measures."""
    parser = argparse.ArgumentParser(prog="python -m ultracore.ai.routing.training", description=__doc__)
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="the data file to write")
    parser.add_argument("--mistakes", action="store_true", help="list what cross-validation got wrong")
    chosen = parser.parse_args(arguments)
    corpus = read_corpus()
    fitted = fit(corpus)
    save(fitted.model, chosen.output)
    lines = list(report.cross_validation(corpus, fitted))
    if chosen.mistakes:
        lines += report.mistakes(corpus, fitted)
    if rows := read_held_out():
        lines += report.held_out(Router.load(chosen.output), rows)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
