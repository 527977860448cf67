"""A record with its index, which people write into."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.audit.index.test_index import destroy
from ultracore.ai.recall import OwnWords
from ultracore.audit import ConversationRecord, TurnRecord
from ultracore.audit.index import AuditIndex
from ultracore.audit.index.defaults import open_index
from ultracore.audit.vocabulary import AssistantMessage, UserMessage
from ultracore.container import Core, core
from ultracore.principal import Principal, Role
from ultracore.settings import Settings


def person(user_id: str, tenant: str, customer: str) -> Principal:
    return Principal(
        tenant_id=tenant,
        user_id=user_id,
        login_id=f"login-{user_id}",
        roles=frozenset({Role.CUSTOMER}),
        customer_id=customer,
        display_name=user_id.title(),
    )


SAM = person("customer1", "tenant_1", "cust_1")
DIANA = person("customer2", "tenant_1", "cust_2")
OTHER_BANK = person("customer1", "tenant_2", "cust_1")
"""The same names at another bank."""


@dataclass
class Record:
    """The record and its index."""

    core: Core
    index: AuditIndex

    async def says(self, who: Principal, conversation_id: str, text: str) -> None:
        await self._turn(who, conversation_id).write(UserMessage(text))

    async def answers(self, who: Principal, conversation_id: str, text: str) -> None:
        await self._turn(who, conversation_id).write(AssistantMessage(text, agent="Payments", kind="answer"))

    async def find(self, who: Principal, search: str) -> Mapping[str, str]:
        """What is found once all is in the index."""
        rows = await self.core.store.read(lambda reader: [row.published() for row in reader.stored()])
        await self.index.apply(rows)
        return await OwnWords(self.core.trail, self.index.find).find(who, search)

    async def destroy_keys(self, customer_id: str) -> None:
        """As an erasure begins: the index hears of it later."""
        rows = await self.core.store.read(lambda reader: [row.published() for row in reader.stored()])
        await self.index.apply(rows)
        await destroy(self.core.store, customer_id)

    def _turn(self, who: Principal, conversation_id: str) -> TurnRecord:
        return ConversationRecord(self.core.trail, who, conversation_id).turn("turn-1", "7F3A-0001")


@pytest.fixture
async def record(seeded_data: Path, tmp_path: Path) -> AsyncIterator[Record]:
    shutil.copytree(seeded_data, tmp_path / "data")
    settings = Settings(data_dir=tmp_path / "data")
    async with core(settings) as opened:
        index = await open_index(settings, opened.store)
        yield Record(opened, index)
        await index.close()
