"""What must hold before the server starts. Each check raises `OperatorError`, which says what to do."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from ultracore.banking.access import step_up_warning
from ultracore.errors import OperatorError

logger = logging.getLogger(__name__)

OLDEST_PYTHON = (3, 11)
# Chainlit does not install on 3.14.
FIRST_UNFIT_PYTHON = (3, 14)


def check_python(version: tuple[int, int] = (sys.version_info[0], sys.version_info[1])) -> None:
    """The Pythons that our libraries run on."""
    if not OLDEST_PYTHON <= version < FIRST_UNFIT_PYTHON:
        raise OperatorError(
            f"This is Python {version[0]}.{version[1]}; please use Python 3.11, 3.12 or 3.13.",
            code="startup.python",
        )


def claim_data_directory(path: Path) -> TextIO:
    """Make the directory if it is missing and take its lock, which holds until the file is closed.

    Raises `OperatorError` if it cannot be written, or if another app holds it.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _probe(path)
    except OSError as error:
        raise OperatorError(
            f"The data directory {path} cannot be written ({error.strerror}); make it writable, or name another "
            "one in ULTRACORE_DATA_DIR.",
            code="startup.data_directory",
        ) from error
    lock = os.fdopen(descriptor, "r+")
    try:
        # The kernel gives it back when the process dies, so no stale lock has to be told from a live one.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OperatorError(
            f"Another UltraCore app is using the data directory {path}; stop it, or name another directory in "
            "ULTRACORE_DATA_DIR.",
            code="startup.data_directory_in_use",
        ) from error
    return lock


def _probe(path: Path) -> None:
    """Write for real: a mode says nothing about a full or a read-only disk."""
    probe = path / f".probe-{os.getpid()}"
    try:
        probe.write_text("writable")
    finally:
        with suppress(OSError):
            probe.unlink()


def check_port(host: str, port: int) -> None:
    """Bind the address for a moment."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself will: connections of the last run that still wait are no reason to refuse.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise OperatorError(
            f"Port {port} on {host} cannot be used ({error.strerror}); stop the program that has it, or choose "
            f"another one (PORT={port + 1} make run, or chainlit run app.py --port {port + 1}).",
            code="startup.port",
        ) from error


def auth_secret(path: Path) -> str:
    """The secret that signs the login cookie, made once and kept readable for its owner only."""
    with suppress(FileExistsError):
        # Exclusive: of two starts at once one makes the secret and the other reads it.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    secret = path.read_text().strip()
    if len(secret) < 32:
        raise OperatorError(f"{path} holds no usable secret; delete it and start again.", code="startup.secret")
    return secret


def check_root_path(root_path: str) -> None:
    """Raises `OperatorError` for a sub path: cookies, redirects and the socket know the root of a host only."""
    if root_path.strip("/"):
        raise OperatorError(
            f"Anya cannot be served under the sub path {root_path}: give her a host name of her own, and leave "
            "ULTRACORE_ROOT_PATH, CHAINLIT_ROOT_PATH and --root-path unset.",
            code="startup.root_path",
        )


def check_encryption(env: str, *, tls: bool) -> None:
    """Raises `OperatorError` if passwords would travel in clear: no proxy is listed, no certificate is given."""
    if env == "production" and not tls:
        raise OperatorError(
            "ULTRACORE_TRUSTED_PROXIES=none needs a certificate of our own (chainlit run --ssl-cert, --ssl-key); "
            "behind a proxy that ends TLS, list its network instead.",
            code="startup.tls",
        )


def log_policy(env: str, *, step_up: bool) -> None:
    """Say at a start in production that the policy asks for no second proofs, if it does not."""
    if warning := step_up_warning(env, is_on=step_up):
        logger.warning("%s", warning)
