"""Words as people type them: folded, split, and forgiven small slips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]\w*|\d+")

# Real words that lie a slip away from one of ours and mean something else.
_OTHER_WORDS = frozenset(
    "lend loan spend spends ending more love house honey transform scent collars played sold same land "
    "mode".split()
)


def fold(text: str) -> str:
    """Lower case, straight quotes, single blanks; apostrophes vanish, so that "what's" is "whats"."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("'", "")
    return " ".join(plain.split())


def words_of(text: str) -> list[str]:
    """The words and whole numbers of a text, folded."""
    return _WORD.findall(fold(text))


_SLANG = {
    "wats": "whats",
    "wat": "what",
    "wot": "what",
    "wots": "whats",
    "watz": "whats",
    "gimme": "give me",
    "lemme": "let me",
    "wanna": "want to",
    "u": "you",
    "ur": "your",
    "pls": "please",
    "plz": "please",
    "acc": "account",
    "acct": "account",
    "accs": "accounts",
    "bal": "balance",
    "dosh": "money",
    "moolah": "money",
    "moola": "money",
    "coin": "money",
    "cuz": "because",
    "cos": "because",
    "hw": "how",
    "hows": "how is",
    "yday": "yesterday",
    "tmrw": "tomorrow",
    "txns": "transactions",
    "txn": "transaction",
    "trans": "transactions",
    "mth": "month",
    "wk": "week",
    "yr": "year",
    "dya": "do you",
}


def unslang(words: Iterable[str]) -> list[str]:
    """The words with short forms and slang written out."""
    return [word for short in words for word in _SLANG.get(short, short).split()]


def is_like(word: str, target: str) -> bool:
    """True for the same word with at most one slip (two in long words); short words must be letter-true."""
    if word == target:
        return True
    # In short words every slip makes another word: "pay", "say", "day".
    if word in _OTHER_WORDS or len(word) < 4 or len(target) < 4 or abs(len(word) - len(target)) > 2:
        return False
    # Of four letters only swapped ones are forgiven: "sned" is "send", "sand" is not.
    if len(target) == 4:
        return sorted(word) == sorted(target) and slips(word, target) == 1
    return slips(word, target) <= (2 if len(target) >= 8 else 1)


def corrected(words: Iterable[str], vocabulary: frozenset[str]) -> list[str]:
    """The words with slips against the vocabulary put right; other words stay as they are."""
    return [_corrected(word, vocabulary) for word in words]


def _corrected(word: str, vocabulary: frozenset[str]) -> str:
    if word in vocabulary:
        return word
    near = [target for target in vocabulary if is_like(word, target)]
    return min(near, key=lambda target: (slips(word, target), target)) if near else word


def slips(left: str, right: str) -> int:
    """Letters left out, added, changed, or swapped with their neighbour between two words."""
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1]
