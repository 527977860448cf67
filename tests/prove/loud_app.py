"""`ultracore serve` that logs everything at DEBUG, whatever level is asked for."""

from __future__ import annotations

import logging
import sys

from ultracore.cli.main import main

if __name__ == "__main__":
    loud = logging.root
    setattr(loud, "setLevel", lambda level: logging.Logger.setLevel(loud, logging.DEBUG))  # noqa: B010 - replaced
    sys.exit(main(["serve"]))
