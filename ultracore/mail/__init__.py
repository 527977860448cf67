"""Letters by e-mail: the server that takes them, how one looks on the wire, and what came of sending it."""

from ultracore.mail.letter import Letter, is_mail_address
from ultracore.mail.sending import SEND_SECONDS, MailUnsent, send
from ultracore.mail.server import MailServer, read_mail_server

__all__ = [
    "SEND_SECONDS",
    "Letter",
    "MailServer",
    "MailUnsent",
    "is_mail_address",
    "read_mail_server",
    "send",
]
