"""The record of a trail that was given none, as the settings describe it.

The settings and what opens a store from them are imported when such a trail is first used, which most never are.
"""

from __future__ import annotations

from ultracore.audit.sealing import MasterKey
from ultracore.audit.store import AuditStore
from ultracore.audit.trail import DefaultRecord


async def _open() -> AuditStore:
    from ultracore.audit.defaults import default_store

    return await default_store()


def _master_key() -> MasterKey:
    from ultracore.audit.defaults import default_master_key

    return default_master_key()


DEFAULT_RECORD = DefaultRecord(_open, _master_key)
