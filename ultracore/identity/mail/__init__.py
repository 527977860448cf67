"""Letters about logins: links for a new password, and word to the owner of what was done to a login."""

from ultracore.identity.mail.addresses import MailAddresses, current, replace, require_address, tell
from ultracore.identity.mail.opening import open_post
from ultracore.identity.mail.post import Post
from ultracore.identity.mail.queue import MailQueue

__all__ = [
    "MailAddresses",
    "MailQueue",
    "Post",
    "current",
    "open_post",
    "replace",
    "require_address",
    "tell",
]
