"""`ultracore serve` that kills itself with SIGKILL at a named place. Arguments: the place, and at which coming."""

from __future__ import annotations

import sys

from tests.prove.kill_points import PLACES, arm
from ultracore.cli.main import main

if __name__ == "__main__":
    arm(PLACES[sys.argv[1]], int(sys.argv[2]))
    sys.exit(main(["serve"]))
