"""Passkeys (WebAuthn) beside the codes of a second factor: enrolled, asked for, and taken away again."""

from ultracore.identity.passkeys.service import Passkeys
from ultracore.identity.passkeys.values import Passkey, PasskeyRefused, RelyingParty

__all__ = ["Passkey", "PasskeyRefused", "Passkeys", "RelyingParty"]
