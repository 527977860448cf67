"""Production on one machine: PostgreSQL, Redis, Kafka, two replicas and nginx, with TLS and passwords.

For rehearsals, and to read: it is what a bank's own platform has to do. Each part that ends is started again after
a second, as systemd or Kubernetes would. Everything lies in one directory; a second start goes on with it.

    OPENAI_API_KEY=... ULTRACORE_SUPPORT_PHONE="13 00 00 00" python3 -m deploy.production /srv/anya

Needs Debian's packages postgresql, redis-server, nginx-light, openssl and, unless KAFKA_BOOTSTRAP_SERVERS names a
broker, default-jre-headless and a Kafka distribution in KAFKA_HOME. It uses nothing but Python's standard library.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from deploy.processes import Part, kept, program, run, token

CHECKOUT = Path(__file__).resolve().parents[1]
ULTRACORE = CHECKOUT / ".venv" / "bin" / "ultracore"
NGINX_FILE = CHECKOUT / "deploy" / "nginx.conf"
PATIENCE_SECONDS = 300
AGAIN_SECONDS = 1.0
KAFKA_PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
"""


@dataclass(frozen=True)
class Ports:
    """Consecutive ports from one that is given, so that two rehearsals do not meet."""

    https: int
    replicas: int

    @property
    def all(self) -> dict[str, int]:
        """Each part's port by its name."""
        names = ["https", "http", "postgres", "redis", "kafka", "controller"]
        names += [f"replica{number}" for number in range(1, self.replicas + 1)]
        return {name: self.https + place for place, name in enumerate(names)}


class Production:
    """The parts of one installation in `folder`, in the order in which they start."""

    def __init__(self, folder: Path, ports: dict[str, int]) -> None:
        self.folder = folder
        self.ports = ports
        self.secrets = folder / "secrets"
        for place in (folder, self.secrets):
            # Servers that root starts as another user have to pass through the folder, and read nothing in it.
            place.mkdir(mode=0o711 if place == folder else 0o700, parents=True, exist_ok=True)
        self.user = "postgres" if os.geteuid() == 0 else None

    def parts(self) -> Iterator[Part]:
        """Each part, made when the one before it answers."""
        yield self.postgres()
        yield self.redis()
        if "KAFKA_BOOTSTRAP_SERVERS" not in os.environ:
            yield self.kafka()
        yield from (self.replica(name) for name in self.ports if name.startswith("replica"))
        yield self.nginx()

    def postgres(self) -> Part:
        """A cluster with a password, whose commits reach the disk."""
        binaries, data = program("initdb", "usr/lib/postgresql/*/bin/initdb").parent, self.folder / "postgres"
        if not (data / "PG_VERSION").exists():
            data.mkdir(mode=0o700, exist_ok=True)
            words = self.folder / "postgres.password"
            words.write_text(token(self.secrets, "postgres"))
            if self.user:
                shutil.chown(data, self.user)
                shutil.chown(words, self.user)
            words.chmod(0o600)
            how = ["-U", "anya", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", f"--pwfile={words}"]
            run([binaries / "initdb", "-D", data, *how], user=self.user)
            words.unlink()
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"]
        settings.append(f"port={self.ports['postgres']}")
        where = [word for setting in settings for word in ("-c", setting)]
        return Part("postgres", [binaries / "postgres", "-D", data, *where], self.folder, user=self.user)

    def redis(self) -> Part:
        """Nothing in it is missed after a restart but sign-ins; what it keeps is sealed."""
        data = self.folder / "redis"
        data.mkdir(mode=0o700, exist_ok=True)
        file = data / "redis.conf"
        file.unlink(missing_ok=True)
        lines = [f"port {self.ports['redis']}", "bind 127.0.0.1", f"dir {data}", "appendonly yes", 'save ""']
        lines += ["maxmemory-policy noeviction", f"requirepass {token(self.secrets, 'redis')}"]
        kept(file, lambda: ("\n".join(lines) + "\n").encode())
        return Part("redis", [program("redis-server"), file], self.folder)

    def kafka(self) -> Part:
        """One broker, from the distribution in KAFKA_HOME."""
        home = os.environ.get("KAFKA_HOME")
        if home is None:
            sys.exit("Please set KAFKA_BOOTSTRAP_SERVERS to a broker, or KAFKA_HOME to a Kafka distribution.")
        file, data = self.folder / "kafka.properties", self.folder / "kafka"
        file.write_text(
            KAFKA_PROPERTIES.format(port=self.ports["kafka"], controller=self.ports["controller"], data=data)
        )
        java: list[str | Path] = [program("java"), "-Xmx512m", "-cp", f"{home}/libs/*:{home}/*"]
        if not (data / "meta.properties").exists():
            name = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
            run([*java, "kafka.tools.StorageTool", "format", f"--cluster-id={name}", "-c", file, "--standalone"])
        return Part("kafka", [*java, "kafka.Kafka", file], self.folder)

    def environment(self, name: str) -> dict[str, str]:
        """What a replica is told. All of them get the same, but for their port and data directory."""
        kept(self.secrets / "master.key", lambda: base64.b64encode(secrets.token_bytes(32)) + b"\n")
        new_key: list[str | Path] = ["openssl", "genpkey", "-algorithm", "ed25519"]
        kept(self.secrets / "signing.pem", lambda: run(new_key).encode())
        password, port = token(self.secrets, "postgres"), self.ports["postgres"]
        database = f"postgresql://anya:{password}@127.0.0.1:{port}/postgres"
        origins = f"https://localhost:{self.ports['https']},https://127.0.0.1:{self.ports['https']}"
        told = {
            "ULTRACORE_ENV": "production",
            "PORT": str(self.ports[name]),
            "ULTRACORE_DATA_DIR": str(self.folder / name),
            "DATABASE_URL": database,
            "ULTRACORE_AUDIT_DATABASE_URL": database,
            "REDIS_URL": f"redis://:{token(self.secrets, 'redis')}@127.0.0.1:{self.ports['redis']}",
            "CHAINLIT_AUTH_SECRET": token(self.secrets, "auth"),
            "ULTRACORE_MASTER_KEY_FILE": str(self.secrets / "master.key"),
            "ULTRACORE_AUDIT_KEY_FILE": str(self.secrets / "signing.pem"),
            "ULTRACORE_ALLOWED_ORIGINS": origins,
            "ULTRACORE_TRUSTED_PROXIES": "127.0.0.1",
        }
        broker = os.environ.get("KAFKA_BOOTSTRAP_SERVERS", f"127.0.0.1:{self.ports['kafka']}")
        return told | {"KAFKA_BOOTSTRAP_SERVERS": broker}

    def replica(self, name: str) -> Part:
        """One process of the app."""
        told = self.environment(name)
        # For the operator's own commands, which have to be told the same.
        file = self.secrets / "environment"
        file.unlink(missing_ok=True)
        kept(file, lambda: "".join(f"{key}={shlex.quote(value)}\n" for key, value in told.items()).encode())
        return Part(name, [ULTRACORE, "serve"], self.folder, env=told)

    def nginx(self) -> Part:
        """The sample file with its marked lines changed to this machine's."""
        place = self.folder / "nginx"
        (place / "run").mkdir(parents=True, exist_ok=True)
        certificate, key = place / "chat.pem", self.secrets / "chat.key"
        if not certificate.exists():
            names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
            how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
            request: list[str | Path] = [
                "openssl",
                "req",
                "-x509",
                *how,
                "-subj",
                "/CN=localhost",
                "-addext",
                names,
            ]
            run([*request, "-keyout", key, "-out", certificate])
        file = place / "nginx.conf"
        file.write_text(configured(NGINX_FILE.read_text(), place, certificate, key, self.ports))
        binary = program("nginx", "usr/sbin/nginx")
        return Part("nginx", [binary, "-c", file, "-p", place, "-g", "daemon off;"], self.folder)

    def answers(self, name: str) -> bool:
        """True when the part takes connections, a replica when it is ready."""
        port = self.ports["https" if name == "nginx" else name]
        if not name.startswith("replica"):
            with socket.socket() as link:
                link.settimeout(1)
                return link.connect_ex(("127.0.0.1", port)) == 0
        try:
            with socket.create_connection(("127.0.0.1", port), 2) as link:
                link.settimeout(5)
                link.sendall(
                    f"GET /ready HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode()
                )
                return link.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def configured(text: str, place: Path, certificate: Path, key: Path, ports: dict[str, int]) -> str:
    """`deploy/nginx.conf` for this machine: only the lines that it marks are changed."""
    replicas = [port for name, port in ports.items() if name.startswith("replica")]
    servers = "".join(f"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s; " for port in replicas)
    folders = "".join(
        f"{kind}_temp_path {place}/run; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    lines = {
        r"pid .*": f"pid {place}/nginx.pid;",
        r"error_log .*": f"error_log {place}/error.log warn;",
        r"server 10\.0\.0\.11.*": servers,
        r"server 10\.0\.0\.12.*": "",
        r"listen 80;.*": f"listen 127.0.0.1:{ports['http']};",
        r"listen 443 ssl;.*": f"listen 127.0.0.1:{ports['https']} ssl;",
        r"server_name .*": "server_name localhost;",
        r"ssl_certificate .*": f"ssl_certificate {certificate};",
        r"ssl_certificate_key .*": f"ssl_certificate_key {key};",
    }
    for found, wanted in lines.items():
        text = re.sub(rf"^(\s*){found}# <- yours$", lambda match: match[1] + wanted, text, flags=re.MULTILINE)  # noqa: B023
    return text.replace("http {\n", f"http {{\n    {folders}\n", 1)


def wait_for(production: Production, part: Part) -> None:
    """Return when the part answers. Exits with the end of its log if it does not."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not production.answers(part.name):
        if part.ended or time.monotonic() > deadline:
            log = (part.folder / f"{part.name}.log").read_text(errors="replace")
            sys.exit(f"{part.name} did not start:\n{log[-3000:]}")
        time.sleep(0.1)


def serve(production: Production, started: list[Part]) -> None:
    """Start each part, then start again what ends, until a signal comes."""
    for part in production.parts():
        print(f"starting {part.name}", flush=True)
        part.start()
        started.append(part)
        wait_for(production, part)
    print(f"Anya is at https://localhost:{production.ports['https']}", flush=True)
    print(f"For commands: set -a; . {production.secrets}/environment; set +a; {ULTRACORE} users list", flush=True)
    while True:
        time.sleep(AGAIN_SECONDS)
        for part in started:
            if part.ended:
                print(f"{part.name} ended and is started again", flush=True)
                part.start()


def main() -> None:
    """Read the arguments, and stop the parts in the reverse order at the end."""
    words = argparse.ArgumentParser(description="Production on one machine, for rehearsals.")
    words.add_argument("folder", type=Path, help="where everything lies")
    words.add_argument("--port", type=int, default=8443, help="of https; the ports above it are used too")
    words.add_argument("--replicas", type=int, default=2)
    args = words.parse_args()
    if not ULTRACORE.exists():
        sys.exit(f"{ULTRACORE} is missing: run `make install` in {CHECKOUT}.")

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    started: list[Part] = []
    try:
        serve(Production(args.folder.resolve(), Ports(args.port, args.replicas).all), started)
    except KeyboardInterrupt:
        pass
    finally:
        for part in reversed(started):
            # PostgreSQL waits for its clients on SIGTERM; SIGINT ends it at once, and cleanly.
            part.stop(signal.SIGINT if part.name == "postgres" else signal.SIGTERM)


if __name__ == "__main__":
    main()
