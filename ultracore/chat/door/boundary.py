"""Turns everything that went wrong into a sentence, in one place. Inside every handler."""

from __future__ import annotations

import logging
import traceback

from ultracore.errors import CustomerError, UltracoreError
from ultracore.observability import current_reference
from ultracore.wording import apology, dead_end, new_reference

logger = logging.getLogger(__name__)

UNEXPECTED = "Something went wrong on our side. Your accounts show what was done."


def sentence_for(error: Exception, *, where: str, phone: str) -> str:
    """What a person may read about `error`.

    What they can put right themselves is said plainly. For everything else there is a reference, which is logged
    with the error's code or type; its text, which may quote payloads, is logged only if we wrote it. `phone` is
    the bank's number, or its link if the sentence becomes a message of a conversation.
    """
    if isinstance(error, CustomerError):
        logger.info("%s refused: %s", where, error.code)
        return dead_end(error.sentence, phone) if error.is_dead_end else error.sentence
    # That of the turn or request in which it happened: all its lines are found by what the person was told.
    reference = current_reference() or new_reference()
    if isinstance(error, UltracoreError):
        # The message of our own errors is written by us and names no payload, so it may stand in the log.
        logger.warning("%s failed, Ref %s: %s (%s)", where, reference, error.message, error.code)
        return apology(reference, phone, sentence=error.sentence)
    # Type and place only: an exception of a library may quote what a person has typed.
    logger.error("%s failed, Ref %s: %s at %s", where, reference, type(error).__name__, _place(error))
    return apology(reference, phone, sentence=UNEXPECTED)


def _place(error: BaseException) -> str:
    """Files and lines of the innermost frames: enough to find the fault, without anybody's words."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
