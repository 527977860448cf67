"""`ultracore route`: one line out for each line in, in order, while it is waited for."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.deadlines import PATIENCE
from ultracore.ai.routing import Router
from ultracore.ai.routing.service import LABELS
from ultracore.cli import route
from ultracore.cli.route import route_stream

SCRIPT = (
    "import argparse; from ultracore.cli import route; raise SystemExit(route.handle(argparse.Namespace(), None))"
)


@pytest.fixture(scope="module")
def router() -> Router:
    return Router.load()


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    # -E: with PYTHONUNBUFFERED set there would be nothing to flush.
    with subprocess.Popen(
        [sys.executable, "-E", "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        yield child
        child.kill()


def answers(router: Router, source: bytes) -> list[str]:
    target = io.BytesIO()
    route_stream(router, io.BytesIO(source), target)
    return target.getvalue().decode().splitlines()


def test_each_line_gets_a_label_and_a_confidence_in_order(router: Router) -> None:
    lines = answers(router, b"what's my balance\r\nfreeze my card\n\nwhats the weather")
    pairs = [line.split("\t") for line in lines]
    assert [label for label, _ in pairs] == ["accounts", "security", "out_of_scope", "out_of_scope"]
    assert float(pairs[2][1]) == 0.0
    assert all(0 <= float(confidence) <= 1 for _, confidence in pairs)


def test_an_empty_input_gives_nothing(router: Router) -> None:
    assert answers(router, b"") == []


def test_bytes_that_are_not_utf_8_are_answered_like_any_line(router: Router) -> None:
    lines = answers(router, b"\xff\xfe freeze my card \xc3\n\x80\x81\n")
    assert lines[0].startswith("security\t")
    assert len(lines) == 2


def test_a_line_of_ten_megabytes_is_one_message(router: Router) -> None:
    lines = answers(router, b"freeze my card " + b"x" * 10_000_000 + b"\nwhats my balance\n")
    assert len(lines) == 2
    assert lines[1].startswith("accounts\t")


def test_lines_across_read_borders_stay_whole(router: Router) -> None:
    source = b"".join(b"whats my balance number %d\n" % number for number in range(10_000))
    lines = answers(router, source)
    assert len(lines) == 10_000
    assert {line.split("\t")[0] for line in lines} == {"accounts"}


def test_a_line_is_answered_before_the_next_one_comes(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    for text, label in ((b"freeze my card\n", "security"), (b"pay my rent\n", "payments")):
        process.stdin.write(text)
        process.stdin.flush()
        assert process.stdout.readline().decode().startswith(f"{label}\t")
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


def test_a_reader_that_goes_away_ends_the_command_quietly() -> None:
    command = f"yes 'pay my rent' | head -20000 | {sys.executable} -c '{SCRIPT}' | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stdout.startswith("payments\t")
    assert done.stderr == ""


def test_the_command_is_registered_with_its_handler() -> None:
    parser = argparse.ArgumentParser()
    route.register(parser.add_subparsers())
    assert parser.parse_args(["route"]).handler is route.handle


def test_only_published_labels_are_printed(router: Router) -> None:
    printed = {line.split("\t")[0] for line in answers(router, b"hi\nthanks\nyes\nfuck\nbuy shares\nget a loan\n")}
    assert printed <= set(LABELS)
