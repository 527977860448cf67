"""The app that kills itself with SIGKILL at a named place. Arguments: the place, and at which coming."""

from __future__ import annotations

import sys

from tests.prove.kill_points import PLACES, arm
from tests.support.quick_app import serve_at_once

if __name__ == "__main__":
    arm(PLACES[sys.argv[1]], int(sys.argv[2]))
    serve_at_once()
