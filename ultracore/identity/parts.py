"""The services of this package, as the open program holds them."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.identity.credentials import Credentials
from ultracore.identity.service import Administration


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityServices:
    """Everything that is done to logins."""

    administration: Administration
    credentials: Credentials
