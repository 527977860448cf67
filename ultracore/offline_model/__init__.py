"""The offline demo model: an OpenAI-compatible Chat Completions model inside this process.

It is a demonstration of the bank's tools, not a language model: fixed rules read the customer's message, call the
tools that the request offers and word their results. It sees only what goes over the wire; it opens no connection.
"""

from ultracore.offline_model.transport import OfflineTransport

__all__ = [
    "OfflineTransport",
]
