"""A process that erases a customer and kills itself at a point: `python -m tests.audit.erase_worker DIR POINT`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.audit.erasing import MIA, Notes, erase
from ultracore.audit import Subject
from ultracore.audit.defaults import open_store, signing_key
from ultracore.audit.erasure import ErasedList, Erasure, ErasureParts
from ultracore.settings import Settings

POINTS = ("before_the_list", "after_the_list", "after_the_key", "before_the_end")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KillingList(ErasedList):
    """The list, which ends the process once it is written."""

    def add(self, erasure_id: str, key_ids: Iterable[str]) -> None:
        super().add(erasure_id, key_ids)
        die()


class KillingNotes(Notes):
    """Ends the process where it should forget."""

    async def forget(self, subject: Subject) -> int:
        die()
        return 0


async def work(settings: Settings, point: str) -> None:
    async def sign_out(subject: Subject) -> int:
        if point == "before_the_list":
            die()
        return 0

    listed = KillingList if point == "after_the_list" else ErasedList
    notes = {"redis": KillingNotes() if point == "after_the_key" else Notes(), "index": KillingNotes()}
    store = await open_store(settings)
    erased = listed(settings.erased_list_file, lambda: signing_key(settings))
    await erase(Erasure(ErasureParts(store=store, erased=erased, forgetful=notes, sign_out=sign_out)), MIA)


if __name__ == "__main__":
    asyncio.run(work(Settings(data_dir=Path(sys.argv[1])), sys.argv[2]))
