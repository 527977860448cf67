"""`python -m ultracore.ai.routing.training [--public FILE] [--output FILE]`: rebuild the router's data file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ultracore.ai.routing.classifier import save
from ultracore.ai.routing.service import MODEL_FILE, Router
from ultracore.ai.routing.training import evaluation, report
from ultracore.ai.routing.training.corpus import read_corpus
from ultracore.ai.routing.training.fit import fit
from ultracore.ai.routing.training.sources import held_out


def main(arguments: list[str] | None = None) -> int:
    """Fit, write the file, print the measures."""
    parser = argparse.ArgumentParser(prog="python -m ultracore.ai.routing.training", description=__doc__)
    parser.add_argument("--public", type=Path, help="the public sets; without them the router is fitted on ours")
    parser.add_argument("--output", type=Path, default=MODEL_FILE, help="the data file to write")
    parser.add_argument("--curve", action="store_true", help="fit on parts too, and say how good each is")
    chosen = parser.parse_args(arguments)
    corpus = read_corpus(public=chosen.public)
    fitted = fit(corpus)
    save(fitted.model, chosen.output)
    lines = list(report.unseen(corpus, fitted))
    if chosen.curve:
        lines += ["learning curve:", *report.learning_curve(corpus, fitted.model)]
    lines += evaluation.report(evaluation.judge(Router.load(chosen.output), held_out()))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
