from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from ultracore.audit.sealing.randomness import RandomPieces


def test_no_piece_is_given_out_twice_whoever_asks() -> None:
    pieces = RandomPieces(12)
    with ThreadPoolExecutor(8) as threads:
        taken = [
            piece
            for some in threads.map(lambda _: [pieces.take() for _ in range(500)], range(8))
            for piece in some
        ]
    assert len(set(taken)) == len(taken) == 4_000
    assert {len(piece) for piece in taken} == {12}


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_process_begins_with_pieces_of_its_own() -> None:
    pieces = RandomPieces(16)
    pieces.take()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(pieces.take() for _ in range(200)))
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 16 * 200)
    theirs = {told[start : start + 16] for start in range(0, len(told), 16)}
    assert len(theirs) == 200
    assert theirs.isdisjoint(pieces.take() for _ in range(200))
