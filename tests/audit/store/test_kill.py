"""kill -9 at random points: what was acknowledged is there, and the chains hold."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.deadlines import PATIENCE
from ultracore.audit.sealing import MasterKey, SigningKey, load_public_key
from ultracore.audit.store import RecordReader
from ultracore.audit.verify import verify_store

ROUNDS = int(os.environ.get("AUDIT_KILL_ROUNDS", "5"))
ROOT = Path(__file__).parents[3]


def start(tmp_path: Path, name: str, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.audit.append_worker", str(tmp_path / "audit.db")]
    with output.open("wb") as file:
        return subprocess.Popen([*command, str(tmp_path / "master.key"), name], stdout=file, cwd=ROOT)


def acknowledged(output: Path) -> list[tuple[str, int, str]]:
    lines = output.read_bytes().decode().split("\n")[:-1]  # a last line without its end was cut by the kill
    return [(stream, int(sequence), hash_) for stream, sequence, hash_ in (line.split() for line in lines)]


def wait_for_lines(outputs: list[Path], number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(len(acknowledged(output)) < number for output in outputs):
        assert time.monotonic() < deadline, "the workers wrote nothing"
        time.sleep(0.01)


@pytest.mark.parametrize("seed", range(20261123, 20261123 + ROUNDS))
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - seeded on purpose
    outputs = [tmp_path / "a.out", tmp_path / "b.out"]
    workers = [start(tmp_path, output.stem, output) for output in outputs]
    try:
        wait_for_lines(outputs, chance.randrange(1, 60))
        for worker in chance.sample(workers, 2):
            time.sleep(chance.random() / 20)
            worker.kill()
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    reader = RecordReader(tmp_path / "audit.db", MasterKey.load(tmp_path / "master.key"))
    kept = {(event.stream_id, event.sequence, event.hash) for event in reader.stored()}
    missing = {place for output in outputs for place in acknowledged(output)} - kept
    public = load_public_key(SigningKey.load(tmp_path / "key.pem").public_pem().encode())
    verdict = verify_store(reader, public, tmp_path / "heads.jsonl")
    reader.close()
    assert not missing, f"seed {seed}"
    assert verdict.events == len(kept) > 0
