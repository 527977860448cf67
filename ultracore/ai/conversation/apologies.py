"""What a person reads if a turn or a press could not be carried out."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ultracore.ai import sentences as wording
from ultracore.ai.screen import TurnView
from ultracore.errors import CacheUnavailable, CustomerError, UltracoreError
from ultracore.languages import Language, told
from ultracore.wording import apology, call_link, dead_end

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Apologies:
    """Tells errors. `phone` is the number at which a person answers."""

    phone: str

    async def tell(self, error: UltracoreError, view: TurnView, reference: str, language: Language = "en") -> None:
        """Say what went wrong in its own words: with a reference if it is our fault, and with the phone number
        then and if nothing goes on here.
        """
        link = call_link(self.phone)
        if isinstance(error, CustomerError):
            logger.info("refused: %s", error.code, extra={"code": error.code})
            sentence = told(error.sentence, language)
            shown = dead_end(sentence, link, language) if error.is_dead_end else sentence
            await view.message(shown, kind="notice")
            return
        # A customer's own mistake is no incident, so it is no warning and has no reference.
        logger.warning("turn %s failed: %s", reference, error.code)
        # Redis may go away in the middle of an effect, and only the accounts tell then whether it was done.
        sentence = wording.UNAVAILABLE if isinstance(error, CacheUnavailable) else error.sentence
        await view.message(apology(reference, link, sentence=sentence, language=language), kind="error")
