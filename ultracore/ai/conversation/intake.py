"""What a person's message must be before anything else looks at it."""

from __future__ import annotations

import unicodedata

from ultracore.audit.masking import mask
from ultracore.errors import InvalidInput

MAX_MESSAGE_BYTES = 8 * 1024


def read_message(text: str) -> str:
    """The message as everything after this point sees it: masked, without surrounding space.

    Raises `InvalidInput`: `message.too_long` above 8 KB of UTF-8, `message.empty` if nothing in it is visible.
    """
    # Measured before masking, whose cost grows with the text; half of a surrogate pair must not end it here.
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_MESSAGE_BYTES:
        raise InvalidInput(
            f"a message of {size} bytes",
            code="message.too_long",
            sentence="Your message is too long (8 KB at most). Please send it in shorter pieces.",
        )
    clean = text.encode("utf-8", "replace").decode("utf-8").strip()
    # Zero-width and control characters survive `strip`, and a model would be asked with nothing.
    if not any(_visible(character) for character in clean):
        raise InvalidInput(
            "a message without visible characters",
            code="message.empty",
            sentence="I could not see any text in your message. Please type your question.",
        )
    return mask(clean)


def _visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"
