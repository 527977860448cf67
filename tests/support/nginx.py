"""nginx in front of an app on loopback, as a bank would put it there."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.production import NGINX_FILE, configured
from tests.support.certificates import Authority
from tests.support.deadlines import PATIENCE
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


def listens(port: int) -> bool:
    """True when somebody takes connections there."""
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def nginx_as_deployed(
    replicas: Sequence[int], folder: Path, *, https: int, affinity: bool = False
) -> Iterator[str]:
    """`deploy/nginx.conf` before the apps at these ports; its address. Skips if this machine has no nginx.

    With `affinity` an address always gets to the same replica while that one lives.
    """
    if BINARY is None:
        pytest.skip("no nginx on this machine")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "run").mkdir()
    certificate, key = Authority(folder / "authority").issue("localhost")
    ports = {"https": https, "http": free_port()} | {f"replica{port}": port for port in replicas}
    text = configured(NGINX_FILE.read_text(), folder, certificate, key, ports)
    file = folder / "nginx.conf"
    file.write_text(text.replace("least_conn;", "ip_hash;") if affinity else text)
    argv = [BINARY, "-c", str(file), "-p", str(folder), "-g", "daemon off;"]
    with ManagedProcess(argv, log=folder / "nginx.log") as process:
        process.wait_until(lambda: listens(https), seconds=PATIENCE, what=f"nginx to listen on port {https}")
        yield f"https://127.0.0.1:{https}"
