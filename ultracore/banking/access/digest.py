"""The digest under which the bank remembers what could be guessed: addresses, browsers, names of logins."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from ultracore.banking.seals import Digest, plain_digest


def remembering(digest: Digest) -> Digest:
    """The digest itself if it is keyed. A bank without a record has no key that lasts, and gets one for as long
    as its process lives."""
    if digest is not plain_digest:
        return digest
    # A plain digest would not do: there are few addresses and login names, and each could be tried.
    key = secrets.token_bytes(32)
    return lambda value: hmac.new(key, repr(value).encode("utf-8", "backslashreplace"), hashlib.sha256).hexdigest()
