"""One conversation on several pages of real browsers, each case once. In full: `make prove ARGS=pages`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.prove import pages

SEED = 7


@pytest.mark.parametrize("case", list(pages.CASES))
async def test_every_page_shows_the_state_of_its_conversation(tmp_path: Path, case: str) -> None:
    async with pages.opened(tmp_path, SEED) as house:
        await pages.play(house, case)
        assert await pages.entries(house) == (case in pages.PAYING)
