"""Anya and the sample bank page together: what `make widget-demo` starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from server import server_of


def main() -> int:
    """Serve both until a signal comes; Anya's exit code."""
    port = int(os.environ.get("PORT", "8000"))
    bank_port = int(os.environ.get("BANK_PORT", str(port + 1)))
    anya, bank = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{bank_port}"
    data = Path(os.environ.get("ULTRACORE_DATA_DIR", ".data"))
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = data / "widget-demo.json"
    keys.write_text(json.dumps({bank: {"jwks_uri": f"{bank}/.well-known/jwks.json", "tenant": "tenant_1"}}))
    site = server_of(bank_port, anya)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    print(f"The sample bank page: {bank}", flush=True)  # noqa: T201
    settings = {"ULTRACORE_WIDGET_HOSTS": bank, "ULTRACORE_WIDGET_KEYS_FILE": str(keys.resolve())}
    ultracore = Path(sys.executable).parent / "ultracore"
    try:
        return subprocess.call([str(ultracore), "serve"], env={**os.environ, "PORT": str(port), **settings})  # noqa: S603
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
