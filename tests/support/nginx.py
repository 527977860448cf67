"""nginx in front of an app on loopback, as a bank would put it there."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.processes import ManagedProcess

BINARY = shutil.which("nginx") or ("/usr/sbin/nginx" if Path("/usr/sbin/nginx").exists() else None)

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto {scheme};
            proxy_read_timeout 1h;
        }}
    }}
}}
"""


@contextmanager
def nginx_before(upstream: int, folder: Path, *, port: int | None = None, scheme: str = "https") -> Iterator[str]:
    """An nginx over the app at port `upstream`; its address. Skips if this machine has none."""
    if BINARY is None:
        pytest.skip("no nginx on this machine")
    port = port or free_port()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=port, upstream=upstream, scheme=scheme))
    argv = [BINARY, "-c", str(file), "-p", str(folder)]
    with ManagedProcess(argv, log=folder / "nginx.log") as process:
        process.wait_for_http(f"http://127.0.0.1:{port}/health", status=200, seconds=10)
        yield f"http://127.0.0.1:{port}"
