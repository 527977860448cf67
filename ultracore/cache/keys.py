"""How keys are written. Parts are escaped, so that no choice of ids makes one key look like another."""

from __future__ import annotations

from urllib.parse import quote

# The program's own keys begin with "@", which `quote` never leaves in a namespace of `RedisCache`.
OWN = "@"


def part(value: str) -> str:
    """One part of a key: letters, digits and `_.-~` as they are, all else as %XX of its UTF-8 bytes."""
    return quote(value, safe="", errors="surrogatepass")


def own(kind: str, tag: str, *rest: str) -> str:
    """`@kind:{tag}:rest`: the keys of one tag lie in one slot of a cluster, regardless of their kind."""
    return ":".join([f"{OWN}{kind}", "{" + part(tag) + "}", *map(part, rest)])


def pair(first: str, second: str) -> str:
    """One tag for two parts, such as a user of a tenant."""
    return f"{part(first)}/{part(second)}"
