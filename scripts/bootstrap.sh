#!/bin/sh
# Finds a Python that can run this program and hands over to bootstrap.py. A name on the PATH proves nothing (a
# version manager's shim may only print an error), so each candidate is run.
# An unfit machine gets one sentence on standard error and exit code 1.
set -u
here=$(dirname "$0")
venv=$here/../.venv/bin/python

fit() {
    "$1" -c '
import ensurepip, shutil, sqlite3, ssl, sys, venv
version = sys.version_info[:2]
fit = version in ((3, 11), (3, 12)) or (version == (3, 13) and shutil.which("redis-server"))
sys.exit(0 if fit else 1)' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    candidates=$PYTHON
else
    candidates="$venv python3.12 python3.11 python3 python3.13 python"
fi
for candidate in $candidates; do
    if fit "$candidate"; then
        exec "$candidate" "$here/bootstrap.py" "$@"
    fi
done
echo "Please install Python 3.11 or 3.12 with its venv module (or 3.13 and a redis-server), or name one with" \
    "'make run PYTHON=/path/to/python3.12': ${PYTHON:-none on the PATH} cannot run UltraCore Anya." >&2
exit 1
