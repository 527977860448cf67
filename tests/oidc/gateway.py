"""A proxy that signs who the people are whose requests it passes on."""

from __future__ import annotations

import time
from typing import Any

from tests.oidc.provider_server import Provider

ISSUER, AUDIENCE, HEADER = "https://gateway.example", "anya-behind-it", "X-Gateway-Assertion"
MAPPING = """
create_logins = true
login_claim = "login"
roles_claim = "groups"
roles = { tellers = ["teller"], bosses = ["administrator"] }
"""


def table_of(provider: Provider, more: str = "") -> str:
    """Its table; its keys are those of `provider`."""
    return f"""
[gateway]
label = "The bank's gateway"
issuer = "{ISSUER}"
client_id = "{AUDIENCE}"
tenant = "tenant_1"
assertion_header = "{HEADER}"
assertion_keys = "{provider.url}/keys"
{more}
"""


def claims(**changes: Any) -> dict[str, Any]:
    """What an assertion says; a change to None leaves a claim out."""
    now = int(time.time())
    told = {"iss": ISSUER, "aud": [AUDIENCE], "sub": "anna-at-the-gateway", "iat": now, "exp": now + 600}
    return {name: value for name, value in (told | changes).items() if value is not None}
