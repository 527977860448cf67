"""The index beside the running app: fed from the store, searched by supervisors, and allowed to be gone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from tests.ai.conftest import scripted_model, settings
from tests.ai.screen import Desk, principal
from tests.audit.people import eventually
from tests.support.scripted_model import ScriptedModel, call, say
from ultracore.audit.index import Query
from ultracore.audit.index.defaults import open_consumer
from ultracore.container import App, open_app
from ultracore.errors import IndexUnavailable, OperatorError
from ultracore.settings import Settings

__all__ = ["scripted_model", "settings"]


@pytest.fixture
async def app(settings: Settings, scripted_model: ScriptedModel) -> AsyncIterator[App]:
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with open_app(scripted) as found:
        yield found


async def a_talk(app: App, model: ScriptedModel) -> Desk:
    desk = await Desk.sign_in(app, model, principal())
    model.expect(call("get_account_balance", {"account_id": "acc_1"}), say("You have **AUD 2,500.00**."))
    await desk.say("What's my account balance for the umbrella?")
    return desk


async def is_open(app: App) -> bool:
    try:
        return (await app.index.lag()).events == 0
    except IndexUnavailable:
        return False


async def test_a_conversation_is_found_as_soon_as_the_index_has_it(
    app: App, scripted_model: ScriptedModel, settings: Settings
) -> None:
    desk = await a_talk(app, scripted_model)
    await eventually(lambda: is_open(app))
    for query in (Query(words=("umbrella",)), Query(tool="get_account_balance", customer_id="cust_1")):
        (found,) = await app.index.find(query)
        assert (found.stream_id, found.user_id) == (desk.conversation_id, "customer1")
    assert (settings.data_path / "index.db").stat().st_mode & 0o777 == 0o600
    await eventually(lambda: measured("ultracore_index_lag_events"))
    assert REGISTRY.get_sample_value("ultracore_index_alarms") == 0


async def measured(name: str) -> bool:
    return REGISTRY.get_sample_value(name) == 0


async def test_chat_goes_on_while_the_index_is_gone_and_it_comes_back(
    settings: Settings, scripted_model: ScriptedModel
) -> None:
    path = settings.data_path / "index.db"
    path.unlink()
    path.mkdir()  # nothing can be opened there
    scripted = settings.model_copy(update={"openai_base_url": scripted_model.base_url})
    async with open_app(scripted) as app:
        desk = await a_talk(app, scripted_model)
        assert "2,500.00" in desk.screen.shown
        with pytest.raises(IndexUnavailable):
            await app.index.find(Query())
        with pytest.raises(IndexUnavailable):
            await app.index.lag()
        path.rmdir()
        await eventually(lambda: is_open(app))
        assert [one.stream_id for one in await app.index.find(Query())] == [desk.conversation_id]


async def test_where_another_process_feeds_the_index_the_app_only_asks_it(
    settings: Settings, scripted_model: ScriptedModel
) -> None:
    asking = settings.model_copy(update={"openai_base_url": scripted_model.base_url, "index_in_app": False})
    async with open_app(asking) as app:
        desk = await a_talk(app, scripted_model)
        await eventually(lambda: answers(app))
        assert await app.index.find(Query()) == []
        feeding = await open_consumer(asking, await app.trail.store(), None)
        await feeding.catch_up()
        assert [one.stream_id for one in await app.index.find(Query())] == [desk.conversation_id]
        await feeding.index.close()


async def answers(app: App) -> bool:
    try:
        return (await app.index.lag()).events > 0
    except IndexUnavailable:
        return False


async def test_an_address_where_the_index_cannot_lie_ends_the_start(settings: Settings) -> None:
    with pytest.raises(OperatorError, match="ULTRACORE_INDEX_DATABASE_URL"):
        async with open_app(settings.model_copy(update={"index_database_url": SecretStr("mysql://x/y")})):
            pass
