"""Words as the index keeps them: never the word, but a keyed digest of it (a blind index).

A token is 64 bits of the HMAC-SHA-256 of the normalised word under a key of its tenant, which is derived from the
master key. So the same word of two tenants has two tokens, and who holds the index without the master key can
neither read a word nor ask for one; how often a token occurs can be seen.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ultracore.audit.sealing import MasterKey
from ultracore.words import is_unspaced, pairs, runs

# A single letter would find nearly every conversation.
SHORTEST: Final = 2
LONGEST: Final = 64
_MOST_REMEMBERED: Final = 100_000
_WORD: Final = re.compile(rf"\w{{{SHORTEST},}}")
_OF_EVERYBODY: Final = frozenset({"greeting", "notice"})
"""The texts that open every conversation: their words would find all of them."""

# A customer's own words, what was answered, what tools were given and gave. Descriptions are ours.
_PARTS: Final = ("metadata", "old_value", "new_value")


class WordTokens:
    """Makes tokens; remembers those of common words. For one thread at a time."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._keys: dict[str, bytes] = {}
        self._known: dict[tuple[str, str], int] = {}

    def of_word(self, tenant_id: str, word: str) -> int:
        """The token of one word, as `split` gives it."""
        return self._token(tenant_id, word)

    def of_content(self, tenant_id: str, content: Mapping[str, Any], *, system: bool) -> set[int]:
        """The tokens of what is sealed in an event; of a system stream's events the description counts too."""
        parts = [content[name] for name in _PARTS if name in content]
        if system and "description" in content:
            parts.append(content["description"])
        known, tokens = self._known, set()
        for text in _texts(parts):
            for word in split(text):
                token = known.get((tenant_id, word))
                tokens.add(self._token(tenant_id, word) if token is None else token)
        return tokens

    def _token(self, tenant_id: str, word: str) -> int:
        digest = hmac.digest(self._key(tenant_id), word[:LONGEST].encode("utf-8", "surrogatepass"), "sha256")
        # Signed, because 64-bit integers are signed in SQL.
        token = int.from_bytes(digest[:8], "big", signed=True)
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        if len(word) <= LONGEST:
            self._known[tenant_id, word] = token
        return token

    def _key(self, tenant_id: str) -> bytes:
        if tenant_id not in self._keys:
            self._keys[tenant_id] = bytes.fromhex(self._master.digest(["ultracore-index-words-v1", tenant_id]))
        return self._keys[tenant_id]


def split(text: str) -> list[str]:
    """The words of a text, in one form for every case, width and composition; two characters at least.

    Of a script that writes no spaces, each two neighbouring characters are a word.
    """
    normal = _normal(text)
    if normal.isascii():
        return _WORD.findall(normal)
    found = (pairs(run) if is_unspaced(run) else [run] for run in runs(normal))
    return [word for words in found for word in words if len(word) >= SHORTEST]


def ways(texts: Iterable[str]) -> list[list[str]]:
    """The words that must all be there, as they are kept now and, if that differs, as they were kept before.

    An index of before 30 November 2026 has a sentence of Chinese as one word. What it has of a word with vowel
    signs are pieces, which would find other words: they are not asked for.
    """
    now = sorted({word for text in texts for word in split(text)})
    normal = [_normal(text) for text in texts]
    before = sorted({word for text in normal for word in _WORD.findall(text)})
    whole = sorted({run for text in normal for run in runs(text) if len(run) >= SHORTEST})
    return [way for way in ([now] if now == before or before != whole else [now, before]) if way]


def _normal(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from _texts(item for name, item in value.items() if name not in _OF_EVERYBODY)
        elif isinstance(value, list):
            yield from _texts(value)
