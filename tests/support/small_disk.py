"""A place that can really be full: a small tmpfs where we may mount one, else this process's limit on files."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

MEGABYTE = 1024 * 1024


class SmallDisk(Protocol):
    """A folder for files."""

    path: Path

    def fill(self) -> None:
        """From now on nothing can grow."""

    def free(self) -> None:
        """There is room again."""


class Tmpfs:
    """A file system of 8 MB."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave no free block."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """Give the blocks back."""
        self._ballast.unlink(missing_ok=True)


class SizeLimit:
    """No file of this process grows over the largest one in the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._signal = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill(self) -> None:
        """Set the limit."""
        largest = max((file.stat().st_size for file in self.path.iterdir()), default=0)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, self._before[1]))

    def free(self) -> None:
        """Take the limit away."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        signal.signal(signal.SIGXFSZ, self._signal)


def unmount(path: Path) -> None:
    """Take the file system away; a file of it that is still open holds it for as long as that file lives."""
    done = subprocess.run(["umount", str(path)], capture_output=True, check=False)
    if done.returncode != 0:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    """Such a place at the empty folder `path`; it is undone at the end."""
    options = ["-t", "tmpfs", "-o", f"size={8 * MEGABYTE},mode=0700", "tmpfs", str(path)]
    mounted = os.geteuid() == 0 and subprocess.run(["mount", *options], capture_output=True, check=False)
    disk: SmallDisk = Tmpfs(path) if mounted and mounted.returncode == 0 else SizeLimit(path)
    try:
        yield disk
    finally:
        disk.free()
        if isinstance(disk, Tmpfs):
            unmount(path)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Inside, files are what their modes say: root acts as the user 65534."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)
