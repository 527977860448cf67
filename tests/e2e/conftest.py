"""Two replicas and the model of both, for the tests of conversations that go from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.replicas import House, running_replicas
from tests.support.scripted_model import ScriptedModel


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ScriptedModel() as model:
        environment = {"OPENAI_BASE_URL": model.base_url}
        with running_replicas(tmp_path, environment) as apps:
            yield House(apps, model)
