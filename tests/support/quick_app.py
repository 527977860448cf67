"""`ultracore serve` for programs that press a card's button at once: here a decision needs no look before it."""

from __future__ import annotations

from functools import partial

from ultracore.chat.launch import serve
from ultracore.container import open_app
from ultracore.settings import load_settings


def _register() -> None:
    # Imported here: Chainlit decides at import where it lives, and `serve` says that first.
    from ultracore.chat.registration import register_app

    register_app(partial(open_app, look_seconds=0.0))


def serve_at_once() -> None:
    """Serve with the settings of the environment until a signal comes."""
    serve(load_settings(), register=_register)


if __name__ == "__main__":
    serve_at_once()
