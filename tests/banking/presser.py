"""A process that presses one button: claims and settles, and says how it went in one word. Run by the race tests.

Arguments: ledger, proposal id, login, conversation, moment of pressing (seconds of the system clock).
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import datetime

from tests.banking.renaming import RENAMING
from ultracore.banking import Bank, EntryReceipt
from ultracore.errors import UltracoreError

MOMENT = datetime.fromisoformat("2026-11-23T09:00:30Z")


async def press(url: str, proposal_id: str, login: str, conversation: str, moment: str) -> str:
    bank = await Bank.open(url, clock=lambda: MOMENT, effects=[RENAMING])
    try:
        await asyncio.sleep(max(0.0, float(moment) - time.time()))
        await bank.proposals.claim(proposal_id, login, conversation)
        receipt = await bank.proposals.settle(proposal_id, f"evt-{proposal_id}")
    except UltracoreError as error:
        return error.code
    finally:
        await bank.close()
    return f"done {receipt.receipt_number if isinstance(receipt, EntryReceipt) else receipt.sentence}"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(press(*sys.argv[1:])))
