from __future__ import annotations

import subprocess
import sys

from tests.support.deadlines import PATIENCE

PROBE = (
    "import sys, ultracore.banking, ultracore.banking.ledger.operator_view, ultracore.banking.demo.seeding;"
    "heavy = {'chainlit', 'openai', 'redis', 'aiokafka', 'alembic', 'sklearn', 'numpy', 'fastapi'};"
    "ours = {'ultracore.ai', 'ultracore.chat', 'ultracore.cache', 'ultracore.settings'};"
    "print(sorted((heavy | ours) & set(sys.modules)))"
)


def test_importing_the_bank_loads_nothing_that_is_not_its_own() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert ended.stdout.strip() == "[]"
