"""An erasure that is killed at any point is finished by the next process that carries it out."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.audit.erase_worker import POINTS
from tests.audit.erasing import CANARY, MIA, Notes, a_talk, erasure_of, shown, wrapped_keys
from tests.audit.stores import ROOT, Place
from tests.support.deadlines import PATIENCE
from ultracore.audit import AuditTrail
from ultracore.audit.defaults import erased_list


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_erasure_is_finished_by_the_next_process(place: Place, data_dir: Path, point: str) -> None:
    store = await place.open()
    await a_talk(AuditTrail(store=store), MIA, "conv-mia")
    assert CANARY in await shown(store, "conv-mia")
    command = [sys.executable, "-m", "tests.audit.erase_worker", str(data_dir), point]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    assert await asyncio.wait_for(process.wait(), PATIENCE) == -signal.SIGKILL
    back = await place.open()
    if point != "before_the_list":
        assert CANARY not in await shown(back, "conv-mia") + await shown(store, "conv-mia")
    notes = {"redis": Notes({MIA: ["said"]}), "index": Notes({MIA: ["said"]})}
    reports = await erasure_of(back, erased_list(place.settings), notes).resume()
    assert [report.done for report in reports] == [True]
    assert (await wrapped_keys(back, MIA), CANARY in await shown(store, "conv-mia")) == ([], False)
    assert len(erased_list(place.settings).keys()) == 1
    assert notes["index"].words == {}
    await place.sealer(back).seal_now()
    assert (await place.verify()).events == len(await place.stored())
