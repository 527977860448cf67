"""The app that logs everything at DEBUG, whatever level is asked for."""

from __future__ import annotations

import logging

from tests.support.quick_app import serve_at_once

if __name__ == "__main__":
    loud = logging.root
    setattr(loud, "setLevel", lambda level: logging.Logger.setLevel(loud, logging.DEBUG))  # noqa: B010 - replaced
    serve_at_once()
