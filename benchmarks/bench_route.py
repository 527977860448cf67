"""The router: `ultracore route` against the contract's figure, one classification against scikit-learn's pipeline.

The pipeline is the usual one for such texts, over the router's own features, asked for one message at a time as a
chat must.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO

from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.pipeline import Pipeline, make_pipeline  # type: ignore[import-untyped]

from benchmarks.ratio import Ratio
from benchmarks.support.servers import ULTRACORE
from ultracore.ai.routing import Router, features
from ultracore.ai.routing.training.corpus import Corpus, read_corpus

SEED = 20261123
MESSAGES = 10_000
SINGLE = 300
ROUNDS = 3
WANTED_A_SECOND = 5_000.0
WANTED_MILLISECONDS = 3.0


async def run() -> list[Ratio]:
    """Measure all three."""
    return await asyncio.to_thread(_run)


def _run() -> list[Ratio]:
    corpus = read_corpus()
    chosen = random.Random(SEED)
    texts = chosen.choices(_texts(corpus), k=MESSAGES)
    rate = statistics.median(_command_rate(texts) for _ in range(ROUNDS))
    single, baseline = _one_by_one(corpus, chosen.sample(_texts(corpus), SINGLE))
    return [
        Ratio("ultracore route", "the contract", rate, WANTED_A_SECOND, "messages/s", 1.0, "at_least"),
        Ratio("one classification", "the contract", single, WANTED_MILLISECONDS, "ms", 1.0, "at_most"),
        Ratio("one classification", "scikit-learn pipeline", single, baseline, "ms", 1.0, "at_most"),
    ]


def _command_rate(texts: Sequence[str]) -> float:
    """Messages a second through the command, after its first answer."""
    with subprocess.Popen([ULTRACORE, "route"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as command:
        assert command.stdin is not None
        assert command.stdout is not None
        # Its first answer comes before the clock: starting Python is not what is measured.
        _write(command.stdin, ["What's my balance?"])
        assert command.stdout.readline()
        begun = time.perf_counter()
        # In a thread, because writer and reader would block each other once both pipes are full.
        writing = threading.Thread(target=_write, args=(command.stdin, texts))
        writing.start()
        for _ in texts:
            assert command.stdout.readline()
        seconds = time.perf_counter() - begun
        writing.join()
        command.stdin.close()
    return len(texts) / seconds


def _write(target: IO[bytes], texts: Sequence[str]) -> None:
    target.write("".join(f"{text}\n" for text in texts).encode())
    target.flush()


def _one_by_one(corpus: Corpus, texts: Sequence[str]) -> tuple[float, float]:
    """The median milliseconds of one message, ours and the pipeline's, in alternation."""
    router, pipeline = Router.load(), _pipeline(corpus)
    router.route(texts[0])
    pipeline.predict_proba(texts[:1])
    ours, theirs = [], []
    for text in texts:
        ours.append(_milliseconds(lambda text=text: router.route(text)))  # type: ignore[misc]
        theirs.append(_milliseconds(lambda text=text: pipeline.predict_proba([text])))  # type: ignore[misc]
    return statistics.median(ours), statistics.median(theirs)


def _milliseconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def _texts(corpus: Corpus) -> list[str]:
    return [row.text for row in corpus.utterances]


def _pipeline(corpus: Corpus) -> Pipeline:
    """The usual pipeline for texts. How well it is fitted makes no difference to its speed."""
    counter = TfidfVectorizer(analyzer=features, sublinear_tf=True)
    pipeline = make_pipeline(counter, LogisticRegression(C=1.0, max_iter=5_000, tol=1e-2))
    return pipeline.fit(_texts(corpus), [row.kind for row in corpus.utterances])
