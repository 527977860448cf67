"""That the program runs under another policy than before, on the record."""

from __future__ import annotations

from typing import Final

from ultracore.audit.trail import AuditTrail
from ultracore.audit.values import Origin
from ultracore.audit.vocabulary import PolicyChanged

_FACT: Final = "policy_version"


async def note_policy(trail: AuditTrail, version: str) -> None:
    """Record a policy that is another one than at the last start. Raises `AuditUnavailable`.

    The first start of an installation changes nothing and is only remembered. Replicas that start at once may each
    record it.
    """
    store = await trail.store()
    before = await store.fact(_FACT)
    if before == version:
        return
    if before is not None:
        # Before it is remembered: a crash in between records it twice rather than never.
        await trail.write(PolicyChanged(before=before, now=version), Origin(None))
    await store.keep_fact(_FACT, version)
