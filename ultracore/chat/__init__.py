"""The screen: the only package that imports Chainlit, and it does so inside `register` and `serve` only."""

from __future__ import annotations


def register() -> None:
    """Check that the app can start here, and put our gate, sign-in and handlers into Chainlit.

    Called by `app.py` while Chainlit loads it. Raises `SystemExit` with one sentence if the app cannot start. A
    second call in one process (Chainlit's hot reload) keeps what is running.
    """
    # Here, because importing Chainlit takes a second, loads `.env` and writes into the working directory.
    from ultracore.chat.registration import register_app

    register_app()
