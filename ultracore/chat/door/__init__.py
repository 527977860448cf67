"""Who comes in: origin, session, size, rate, identity, and the headers of every answer."""

from ultracore.chat.door.boundary import sentence_for
from ultracore.chat.door.caller import caller_of
from ultracore.chat.door.gate import Gate, status_of
from ultracore.chat.door.headers import content_security_policy, script_hashes
from ultracore.chat.door.identity import (
    form_key,
    frame_token_for,
    login_of_cookies,
    login_of_header,
    page_cookie_of,
    token_for,
)
from ultracore.chat.door.inbound import (
    CardPress,
    ChoicePress,
    SocketClaim,
    StarterPress,
    TypedMessage,
    canonical_uuid4,
    read_claim,
    read_message,
    read_object,
    read_press,
)
from ultracore.chat.door.proxies import TrustedProxies, networks_of
from ultracore.chat.door.routes import Endpoint, Routes
from ultracore.chat.door.slow_clients import ImpatientProtocol

__all__ = [
    "CardPress",
    "ChoicePress",
    "Endpoint",
    "Gate",
    "ImpatientProtocol",
    "Routes",
    "SocketClaim",
    "StarterPress",
    "TrustedProxies",
    "TypedMessage",
    "caller_of",
    "canonical_uuid4",
    "content_security_policy",
    "form_key",
    "frame_token_for",
    "login_of_cookies",
    "login_of_header",
    "networks_of",
    "page_cookie_of",
    "read_claim",
    "read_message",
    "read_object",
    "read_press",
    "script_hashes",
    "sentence_for",
    "status_of",
    "token_for",
]
