"""A real Kafka broker for tests: one KRaft node from Maven Central's jars, in its own directory on its own ports.

`python -m tests.support.kafka` fetches the jars beforehand, so that no test waits for a download.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support.deadlines import PATIENCE
from tests.support.kafka_security import SECURE_LISTENERS, KafkaSecurity
from tests.support.ports import free_ports
from tests.support.processes import ManagedProcess, ProcessFailed

KAFKA_VERSION = "4.1.1"
FETCH_SECONDS = 900

POM = f"""<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>ultracore.tests</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId><version>2.24.3</version>
    </dependency>
  </dependencies>
</project>
"""

LOGGING = """<Configuration status="WARN">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""

# One replica is all there is, and after a kill -9 the broker waits for its own old session: the two session values
# bring it back in about 3.5 s instead of 9 to 12 s.
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners={listeners}
advertised.listeners={listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=3
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
"""


class KafkaUnavailable(Exception):
    """This machine cannot run a broker. The message says what is missing."""


def cache_directory() -> Path:
    """Where the jars lie between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "ultracore" / f"kafka-{KAFKA_VERSION}"


def fetch_jars() -> Path:
    """The folder with Kafka's jars; brought by Maven where it is not there yet.

    Runs at the same time wait for each other, and the folder appears only when it is complete. Raises
    `KafkaUnavailable` without `java` and `mvn`, or when the download fails.
    """
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if "java" in missing:
        raise KafkaUnavailable("Kafka tests need KAFKA_BOOTSTRAP_SERVERS, or java 17 and mvn on the PATH.")
    jars = cache_directory()
    jars.parent.mkdir(parents=True, exist_ok=True)
    with (jars.parent / f"{jars.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            if missing:
                raise KafkaUnavailable("Kafka tests need mvn on the PATH once, to bring the broker's jars.")
            _download(jars)
    return jars


def _download(jars: Path) -> None:
    with tempfile.TemporaryDirectory(dir=jars.parent) as scratch:
        pom, target = Path(scratch, "pom.xml"), Path(scratch, "jars")
        pom.write_text(POM)
        command = ["mvn", "-q", "-B", "-C", "-f", str(pom), "dependency:copy-dependencies"]
        done = subprocess.run(
            [*command, f"-DoutputDirectory={target}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise KafkaUnavailable(f"Maven could not bring Kafka's jars: {(done.stdout + done.stderr)[-2000:]}")
        target.rename(jars)


class KafkaBroker:
    """One broker. `start()` returns when it answers. The data stay until `close()`, whatever ends the process."""

    def __init__(self, security: KafkaSecurity | None = None) -> None:
        """Prepare directory and ports; with `security` also listeners that want a sign-in.

        Raises `KafkaUnavailable` where this machine cannot run a broker.
        """
        self._jars = fetch_jars()
        self._home = Path(tempfile.mkdtemp(prefix="ultracore-kafka-"))
        self._security = security
        self.port, self._controller_port, *secure_ports = free_ports(2 if security is None else 5)
        self.secure_ports = dict(zip(SECURE_LISTENERS, secure_ports, strict=False))
        self._process = self._prepare()
        self._formatted = False

    @property
    def bootstrap(self) -> str:
        """`host:port`, the same over every restart."""
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """True while the process lives, paused or not."""
        return self._process.running

    def start(self) -> Self:
        """Start the broker on its ports and data, and wait for a metadata answer that lists it."""
        if not self._formatted:
            self._format()
        self._process.start()
        try:
            self.wait_until_ready()
        except ProcessFailed:
            self._process.kill()
            raise
        return self

    def stop(self) -> None:
        """SIGTERM, as an operator stops it. Harmless where it is not running."""
        if self.running:
            self.resume()
            self._process.stop()

    def kill(self) -> None:
        """SIGKILL: acknowledged messages stay, everything else may be lost."""
        if self.running:
            self._process.kill()

    def restart(self) -> None:
        """Stop where it runs, and start again on the same ports and data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        self._process.pause()

    def resume(self) -> None:
        """SIGCONT, the end of a pause."""
        self._process.signal(signal.SIGCONT)

    def close(self) -> None:
        """End the broker and remove its data."""
        self.kill()
        shutil.rmtree(self._home, ignore_errors=True)

    def wait_until_ready(self, *, seconds: float = PATIENCE) -> None:
        """Return once a metadata round trip lists this broker. Raises `ProcessFailed` with its log otherwise."""
        self._process.wait_until(self._answers, seconds=seconds, what=f"metadata from {self.bootstrap}")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    def _answers(self) -> bool:
        # A new client each time: an old one would wait out its own reconnect backoff.
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return len(client.list_topics(timeout=0.5).brokers) == 1
        except KafkaException:
            return False

    def _prepare(self) -> ManagedProcess:
        properties = self._home / "server.properties"
        ports = {"PLAINTEXT": self.port, "CONTROLLER": self._controller_port, **self.secure_ports}
        listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
        text = PROPERTIES.format(listeners=listeners, controller=self._controller_port, data=self._home / "data")
        properties.write_text(text + ("" if self._security is None else self._security.properties(self._home)))
        logging = self._home / "log4j2.xml"
        logging.write_text(LOGGING)
        java = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{self._jars}/*"]
        argv = [*java, f"-Dlog4j2.configurationFile={logging}", "kafka.Kafka", str(properties)]
        return ManagedProcess(argv, log=self._home / "broker.log", cwd=self._home)

    def _format(self) -> None:
        identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        java = ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{self._jars}/*", "kafka.tools.StorageTool"]
        subprocess.run(
            [
                *java,
                "format",
                f"--cluster-id={identity}",
                "-c",
                str(self._home / "server.properties"),
                "--standalone",
                *([] if self._security is None else self._security.format_arguments()),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=True,
        )
        self._formatted = True


if __name__ == "__main__":
    try:
        fetch_jars()
    except KafkaUnavailable as reason:
        sys.exit(f"No broker of our own on this machine: {reason}")
