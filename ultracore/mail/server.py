"""The mail server of `SMTP_URL`: `smtps://user:password@host:465`, or `smtp://…:587`, which turns to TLS."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from ultracore.errors import OperatorError
from ultracore.mail.letter import is_mail_address
from ultracore.settings import Settings

Encryption = Literal["tls", "starttls", "none"]
_PORTS: Final = {"smtps": 465, "smtp": 587}
_WAYS: Final[dict[str, Encryption]] = {"required": "starttls", "none": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that sends our letters, and the sender that they name."""

    host: str
    port: int
    encryption: Encryption
    sender: str
    public_address: str
    """What links in letters begin with."""
    user: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """How the server's certificate is checked; None if letters travel in clear."""
        return None if self.encryption == "none" else ssl.create_default_context(cafile=self.ca_file)


def read_mail_server(settings: Settings) -> MailServer | None:
    """The server of the settings; None without one. Raises `OperatorError` that quotes no password."""
    url, sender, ca_file = settings.smtp_url, settings.mail_from, settings.mail_ca_file
    public_address, production = settings.public_address, settings.env == "production"
    if url is None:
        if sender is not None or ca_file is not None:
            raise _unfit(
                "ULTRACORE_MAIL_FROM and ULTRACORE_MAIL_CA_FILE are of use with SMTP_URL only: set it too"
            )
        return None
    parts = _split(url.get_secret_value())
    host = parts.hostname or ""
    encryption = _encryption(parts, production=production)
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    if (user is None) != (password is None):
        raise _unfit("SMTP_URL has a user without a password, or a password without a user")
    if production and not public_address.startswith("https://"):
        raise _unfit("links in letters would begin with http: set ULTRACORE_PUBLIC_URL to the app's https address")
    server = MailServer(
        host=host,
        port=parts.port or _PORTS[parts.scheme],
        encryption=encryption,
        sender=_sender(sender, public_address),
        public_address=public_address,
        user=user,
        password=None if password is None else SecretStr(password),
        ca_file=ca_file,
    )
    try:
        server.tls()
    except (OSError, ssl.SSLError) as error:
        raise _unfit("ULTRACORE_MAIL_CA_FILE is no readable file of certificates (PEM)") from error
    return server


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise _unfit("SMTP_URL must be smtps://user:password@host:465 or smtp://user:password@host:587")
    if parts.path not in ("", "/") or parts.fragment:
        raise _unfit("SMTP_URL ends after the port; percent-encode a / or # in the password (%2F, %23)")
    return parts


def _encryption(parts: SplitResult, *, production: bool) -> Encryption:
    """By the scheme, and `?starttls=required|none`. On this machine itself letters may travel in clear."""
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    local = _is_loopback(parts.hostname or "")
    if parts.scheme == "smtps" and not asked:
        return "tls"
    way = _WAYS.get(asked.get("starttls", "none" if local else "required"))
    if way is None or set(asked) - {"starttls"} or parts.scheme == "smtps":
        raise _unfit("behind SMTP_URL only ?starttls=required or ?starttls=none is known, and only with smtp://")
    if way == "none" and not local and production:
        raise _unfit("in production SMTP_URL may use ?starttls=none for a server on this machine only")
    return way


def _sender(sender: str | None, public_address: str) -> str:
    if sender is None:
        host = urlsplit(public_address).hostname or ""
        return f"no-reply@{'localhost' if not host or _is_loopback(host) or ':' in host else host}"
    if not is_mail_address(sender):
        raise _unfit("ULTRACORE_MAIL_FROM must be a mail address alone, such as no-reply@bank.example")
    return sender


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _unfit(sentence: str) -> OperatorError:
    return OperatorError(f"Letters cannot be sent so: {sentence}.", code="settings.mail")
