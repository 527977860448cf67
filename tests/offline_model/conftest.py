"""The conversation's fixtures: the offline model is tried through a whole desk."""

from tests.ai.conftest import desk, opened, scripted_model, settings

__all__ = ["desk", "opened", "scripted_model", "settings"]
