"""The endpoint of a client whose caller names none: the settings' one, or the offline demo model."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
from pydantic import SecretStr

from ultracore.offline_model import OfflineTransport
from ultracore.settings import load_settings

OPENAI_BASE_URL = "https://api.openai.com/v1"
OFFLINE_BASE_URL = "http://offline.invalid/v1"  # never resolved: the transport answers

# The SDK wants a key; endpoints without keys, and the offline model, ignore what they get.
_NO_KEY = SecretStr("none")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible endpoint. `is_offline` if the demo model inside this process answers."""

    api_key: SecretStr
    base_url: str
    is_offline: bool = False

    @classmethod
    def choose(cls, api_key: str | None, base_url: str | None, *, replaced: bool = False) -> Endpoint:
        """Arguments first, then the settings. With neither key nor address it is the offline model, unless the
        caller has `replaced` the network by one of its own, or if its address is given.
        """
        if base_url == OFFLINE_BASE_URL and not replaced:
            return cls(_NO_KEY, OFFLINE_BASE_URL, is_offline=True)
        settings = load_settings()
        configured = settings.openai_api_key or _NO_KEY
        key = SecretStr(api_key) if api_key else configured
        address = base_url or settings.openai_base_url
        # A key without an address is OpenAI's, and an address without a key a server of one's own.
        if not replaced and address is None and key is _NO_KEY:
            return cls(_NO_KEY, OFFLINE_BASE_URL, is_offline=True)
        return cls(key, address or OPENAI_BASE_URL)

    def offline_transport(self) -> httpx2.AsyncBaseTransport | None:
        """The offline model, if this is its endpoint."""
        return OfflineTransport() if self.is_offline else None
