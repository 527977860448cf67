"""`ultracore route`: one message a line from standard input, `label<TAB>confidence` a line to standard output."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from io import BufferedIOBase
from typing import TYPE_CHECKING, cast

from ultracore.ai.routing import Router

if TYPE_CHECKING:
    from ultracore.settings import Settings

# A pipe of Linux holds so much: a larger read would seldom get more.
READ_BYTES = 65_536
MAX_LINE_BYTES = 65_536
"""The bytes of a line that are read; the rest is skipped, so that memory is bounded."""


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "route",
        help="say which domain each message belongs to",
        description="Reads one message a line from standard input and writes label<TAB>confidence a line.",
    )
    parser.set_defaults(handler=handle)


def handle(args: argparse.Namespace, settings: Settings) -> int:
    """Route standard input. Ends with 0 at the end of the input, and when the reader of the output has gone."""
    try:
        source, target = cast(BufferedIOBase, sys.stdin.buffer), cast(BufferedIOBase, sys.stdout.buffer)
        route_stream(Router.load(), source, target)
    except BrokenPipeError:
        # Python flushes standard output once more at exit, which would fail again on the broken pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def route_stream(router: Router, source: BufferedIOBase, target: BufferedIOBase) -> None:
    """One line out for each line in, in order; an empty line is `out_of_scope` with confidence 0.

    Input is UTF-8; bytes that are not count as unreadable characters. What has come in is answered before more is
    waited for, so that a person or a program may wait for the answer.
    """
    for lines in _arrived(source):
        routes = router.route_many(line.decode("utf-8", errors="replace") for line in lines)
        target.write(b"".join(f"{route.label}\t{route.confidence:.4f}\n".encode() for route in routes))
        target.flush()


def _arrived(source: BufferedIOBase) -> Iterator[list[bytes]]:
    """The whole lines of each read, cut at `MAX_LINE_BYTES`; last, a line that the input's end left open."""
    begun = b""
    # `read1` gives what has arrived; `read` would wait for a whole block while a person waits for an answer.
    while chunk := source.read1(READ_BYTES):
        first, *others = chunk.split(b"\n")
        lines = [begun + first[: max(0, MAX_LINE_BYTES - len(begun))], *others]
        begun = lines.pop()
        if lines:
            yield lines
    if begun:
        yield [begun]
