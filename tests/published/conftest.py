"""The conversation's fixtures: the published names run over the demo world."""

from tests.ai.conftest import desk, opened, scripted_model, settings

__all__ = ["desk", "opened", "scripted_model", "settings"]
