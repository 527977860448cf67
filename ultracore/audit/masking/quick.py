"""A quick proof that a text holds nothing to mask: most texts need no more than this.

What is looked for here is wider than what the rules match (`text.py`, `numbers.py`): a text that a
rule would change never passes. One that does not pass is left to the rules. `test_masking_quick.py`
holds the two against each other.
"""

from __future__ import annotations

import re
from typing import Final

# Letters, marks and spaces beyond ASCII that no rule looks at; without format characters, digits of other scripts,
# and the letters that are an ASCII letter if case is ignored (U+017F, U+212A).
_UNUSUAL: Final = re.compile(
    "[^\x00-\x7f\u00a0\u00a3\u00b7\u00e0-\u00ff\u2010-\u2015\u2018-\u201d\u2022\u2026\u20ac]"
)

# What every text with a password, a code or a token in it holds somewhere, in lower case; `k-` and `k_` end the
# prefixes of keys (sk-, pk_, rk-).
_HINTS: Final = (
    "pass pwd pw p@ss p4ss p$ otp pin cvv cvc cvn csc code word token key secret auth bearer basic eyj k- k_ "
    "ghp_ gho_ ghr_ ghs_ ghu_ github_ glpat hf_ npm_ xox akia asia aiza ya29 %3 &#"
).split()

_GAP: Final = r"[\s.\-_/\u00b7\u2010-\u2015\u2212\ufe0f\u20e3]"
# In this order: the head of an IBAN, the groups of a tax file number or a BSB, a card number.
_NUMBER: Final = re.compile(
    rf"[0-9](?:[0-9](?<=[A-Za-z]{{2}}[0-9]{{2}})|[0-9]{{2}}[ -][0-9]{{3}}|(?:{_GAP}{{0,3}}[0-9]){{12}}"
    # Groups of a card number with other marks between them.
    r"|[0-9]{3}[^0-9A-Za-z]{1,3}[0-9]{4})"
)
# Words that make a number beside them an account's, a bank's or a tax file number.
_NUMBER_WORD: Final = re.compile(r"bsb|tfn|tax|a(?:cc(?:ount|t)?|/c)\.?\s{0,3}(?:n[uor]|\#)")

# Shorter than any card number, and without the words that make a number something else.
_LONGEST_FIGURE: Final = 12
_FIGURE: Final = re.compile(r"[-+0-9.,:TZ]{0,12}")
_LONGEST_ID: Final = 64
# A digest needs one letter at least: 64 digits could be card numbers side by side.
_OWN_ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{64}")
_DIGIT: Final = re.compile(r"[0-9]")


def holds_nothing(text: str) -> bool:
    """True only if no rule of masking changes `text`."""
    size = len(text)
    if size <= _LONGEST_FIGURE and _FIGURE.fullmatch(text):
        return True
    if size <= _LONGEST_ID and _OWN_ID.fullmatch(text):
        return True
    if not text.isascii() and _UNUSUAL.search(text):
        return False
    lowered = text.lower()
    for hint in _HINTS:
        if hint in lowered:
            return False
    if _DIGIT.search(text) is None:
        return True
    return _NUMBER_WORD.search(lowered) is None and _NUMBER.search(text) is None
