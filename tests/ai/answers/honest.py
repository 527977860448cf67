"""Five hundred honest answers over the tools' results, varied from templates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

_OPENINGS = ("", "Of course. ", "Here it is. ", "Thank you for asking. ", "Let me tell you. ")
_ENDINGS = (
    "",
    " Is there anything else?",
    " Ask me for more if you like.",
    " You can also call us on 13 00 00 00.",
    " Nothing has been moved.",
)
_FACTS = (
    "Your Everyday account ending 4821 has AUD 2,503.17.",
    "Savings ending 7736 holds $10,000.00.",
    "You have $2,503.17 in Everyday and $10,000.00 in Savings.",
    "You have **AUD 2,503.17** in Everyday, of which AUD 2,450.00 is available.",
    "Savings has more than Everyday: $10,000.00 against $2,503.17.",
    "Everyday has about $2,500 at the moment.",
    "With AUD 2,503.17 in Everyday and AUD 10,000.00 in Savings you have AUD 12,503.17 altogether.",
    "On 3 November 2026 City Power INV 20231 took AUD 96.95.",
    "The rent of AUD 480.00 was paid on 5 November 2026.",
    "I found 2 payments in November 2026: AUD 96.95 and AUD 480.00.",
    "You look eligible for AUD 50,000.00 at 6.69% a year.",
    "Over 25 years that is AUD 982.76 a month.",
    "The term is 300 months and the rate 6.69 per cent.",
    "Your credit score is 725, which is enough for this loan.",
    "If a person approves it, the money is paid out once the papers are signed.",
    "I have not sent anything; a card with a button comes first.",
    "I can't see a payment of $75 in your accounts.",
    "You asked for a transfer of $75; whom should it go to?",
    "A transfer usually takes 3 to 5 days.",
    "That text says \u201cyour card has been blocked\u201d, which is a known sign of a scam.",
)


def honest_answers() -> Iterator[str]:
    """The answers: every fact with every opening and ending."""
    made = (f"{opening}{fact}{ending}" for fact, opening, ending in product(_FACTS, _OPENINGS, _ENDINGS))
    return islice(made, 500)
