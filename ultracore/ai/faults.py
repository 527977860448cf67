"""Faults of our own: an unforeseen exception becomes an error of the tree, told and recorded like any other."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from ultracore.errors import UltracoreError

logger = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong on our side. Your accounts show what was done."


@contextmanager
def faults_told() -> Iterator[None]:
    """Raise `UltracoreError` (`internal.error`) for an exception that is none of ours. Cancellation is passed on.

    Type and place are logged; the exception's text is not, since it may quote anybody's words.
    """
    try:
        yield
    except UltracoreError:
        raise
    except Exception as error:
        logger.error("a fault of ours: %s at %s", type(error).__name__, _place(error))
        raise UltracoreError("an exception that nobody foresaw", sentence=UNEXPECTED) from error


def _place(error: BaseException) -> str:
    # The last frames only: a line of the log should be readable, and the fault is at the end.
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
