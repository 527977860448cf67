"""The app that kills itself with SIGKILL at a place for which there is a file. Argument: the files' folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.prove.kill_points import PLACES, arm_by_file
from tests.prove.replica_kill import IN_A_PRESS
from tests.support.quick_app import serve_at_once

if __name__ == "__main__":
    for name in IN_A_PRESS:
        arm_by_file(PLACES[name], Path(sys.argv[1]) / name)
    serve_at_once()
