"""An app with Kafka shows in its metrics how the publishing goes."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from prometheus_client import REGISTRY

from tests.ai.conftest import scripted_model, settings
from tests.ai.screen import Desk
from tests.audit.people import eventually
from tests.support.scripted_model import ScriptedModel, say
from ultracore.settings import Settings

__all__ = ["scripted_model", "settings"]


async def test_what_a_conversation_published_is_counted(
    settings: Settings, scripted_model: ScriptedModel, kafka_bootstrap: str
) -> None:
    changes = {"openai_base_url": scripted_model.base_url, "kafka_bootstrap_servers": kafka_bootstrap}
    with_kafka = settings.model_copy(update={**changes, "audit_topic": f"audit-{uuid4().hex[:8]}"})
    scripted_model.expect(say("Good morning."))
    async with Desk.open(with_kafka, scripted_model) as desk:
        await desk.say("How are my payments today?")
        events = len(await desk.record())
        await eventually(lambda: asyncio.sleep(0, _value("ultracore_relay_published_total") >= events))
        assert _value("ultracore_relay_connected") == 1


def _value(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0
