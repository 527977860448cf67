"""Searches under a name: one's own, and those that colleagues of the same bank share."""

from __future__ import annotations

import pytest

from ultracore.banking import Bank
from ultracore.banking.cases import SavedSearch, SearchOwner
from ultracore.errors import InvalidInput

SAM = SearchOwner("tenant_1", "supervisor1", "Sam")


async def keep(bank: Bank, name: str, owner: SearchOwner = SAM, *, shared: bool = False) -> SavedSearch:
    return await bank.saved_searches.save(owner, name, "decision=denied&sort=old", shared=shared)


async def seen(bank: Bank, user_id: str, tenant_id: str = "tenant_1") -> list[str]:
    return [one.name for one in await bank.saved_searches.of(tenant_id, user_id)]


async def test_colleagues_of_the_same_bank_see_what_is_shared_and_nothing_else(bank: Bank) -> None:
    shared, own = await keep(bank, "Refused", shared=True), await keep(bank, "Mine")
    assert await seen(bank, "supervisor1") == ["Mine", "Refused"]
    assert await seen(bank, "supervisor3") == ["Refused"]
    assert await seen(bank, "supervisor1", "tenant_2") == []
    assert await bank.saved_searches.get("tenant_1", "supervisor3", shared.search_id) == shared
    assert await bank.saved_searches.get("tenant_1", "supervisor3", own.search_id) is None
    assert await bank.saved_searches.get("tenant_2", "supervisor1", own.search_id) is None


async def test_a_name_is_used_once_by_each_person(bank: Bank) -> None:
    first, other = await keep(bank, "Refused"), await keep(bank, "Failed")
    with pytest.raises(InvalidInput, match="cannot be kept"):
        await keep(bank, "Refused")
    with pytest.raises(InvalidInput, match="cannot be kept"):
        await bank.saved_searches.rename(other, "Refused")
    await keep(bank, "Refused", SearchOwner("tenant_1", "supervisor3", "Kim"))
    assert await bank.saved_searches.rename(other, "Failed turns")
    assert await bank.saved_searches.delete(first)
    assert not await bank.saved_searches.delete(first)
    assert await seen(bank, "supervisor1") == ["Failed turns"]


async def test_what_was_deleted_can_be_put_back_as_it_was(bank: Bank) -> None:
    search = await keep(bank, "Refused", shared=True)
    await bank.saved_searches.delete(search)
    await bank.saved_searches.put(search)
    assert await bank.saved_searches.get("tenant_1", "supervisor1", search.search_id) == search
