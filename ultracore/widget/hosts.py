"""The bank's sites that may show the widget, and what fixes the tenant and the keys of each."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ultracore.errors import OperatorError
from ultracore.keysets import (
    GivenKeys,
    PublishedKeys,
    UnfitKeys,
    is_safe,
    may_be_fetched,
    read_key_set,
    split,
)

DEMO_TENANT: Final = "tenant_1"
ALGORITHMS: Final = frozenset({"EdDSA", "ES256", "RS256"})
"""In which launch codes are signed."""
_MEMBERS: Final = frozenset({"jwks", "jwks_uri", "tenant"})
_ORIGIN: Final = re.compile(r"https?://([a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
_HOSTS: Final = "ULTRACORE_WIDGET_HOSTS"
_FILE: Final = "ULTRACORE_WIDGET_KEYS_FILE"


@dataclass(frozen=True, slots=True)
class WidgetHost:
    """A site whose pages show the widget and whose server signs launch codes."""

    origin: str
    tenant_id: str
    keys: GivenKeys | PublishedKeys


@dataclass(frozen=True, slots=True)
class WidgetHosts:
    """Every site that may show the widget, and those of them that can sign somebody in."""

    origins: tuple[str, ...]
    signing: Mapping[str, WidgetHost]
    demo: bool


def read_hosts(origins: Sequence[str], keys_file: Path | None, *, demo: bool) -> WidgetHosts:
    """The hosts of the settings. Raises `OperatorError` that says what to correct and quotes no key."""
    for origin in origins:
        if not _is_origin(origin, demo=demo):
            raise _refused(f"{_HOSTS} must be origins such as https://www.bank.example, separated by commas")
    entries = {} if keys_file is None else _entries(keys_file)
    unlisted = [origin for origin in entries if origin not in origins]
    if unlisted:
        raise _refused(f"{_FILE} names hosts that are not in {_HOSTS}: {', '.join(unlisted)}")
    signing = {origin: _host(origin, entry, demo=demo) for origin, entry in entries.items()}
    return WidgetHosts(tuple(origins), signing, demo)


def _entries(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(f"{_FILE} cannot be read as JSON") from error
    if not isinstance(document, dict):
        raise _refused(f'{_FILE} must be {{"https://www.bank.example": {{"jwks_uri": "…"}}}}')
    return document


def _host(origin: str, entry: object, *, demo: bool) -> WidgetHost:
    if not isinstance(entry, dict) or not entry.keys() <= _MEMBERS or ("jwks" in entry) == ("jwks_uri" in entry):
        raise _refused(f"{_FILE}: {origin} needs either jwks or jwks_uri, and tenant")
    tenant = entry.get("tenant", DEMO_TENANT if demo else None)
    if not isinstance(tenant, str) or not tenant:
        # Without it a host could sign in the customers of every tenant.
        raise _refused(f"{_FILE}: {origin} needs its tenant")
    return WidgetHost(origin, tenant, _keys(origin, entry, demo=demo))


def _keys(origin: str, entry: Mapping[str, Any], *, demo: bool) -> GivenKeys | PublishedKeys:
    if "jwks" in entry:
        try:
            return GivenKeys(read_key_set(entry["jwks"], ALGORITHMS))
        except UnfitKeys as error:
            raise _refused(f"{_FILE}: {origin}: {error}") from error
    address = entry["jwks_uri"]
    if not isinstance(address, str) or not may_be_fetched(address, demo=demo):
        raise _refused(f"{_FILE}: the jwks_uri of {origin} must begin with https:// and hold no password")
    return PublishedKeys(address)


def _is_origin(origin: str, *, demo: bool) -> bool:
    # It is written into a header, so nothing that means something there may be in it.
    if not _ORIGIN.fullmatch(origin):
        return False
    parts = split(origin)
    return parts is not None and is_safe(parts.scheme, parts.hostname, demo=demo)


def _refused(sentence: str) -> OperatorError:
    return OperatorError(f"{sentence}.", code="settings.widget")
