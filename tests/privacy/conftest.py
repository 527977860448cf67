"""The conversation's fixtures: a customer asks through a whole desk."""

from tests.ai.conftest import desk, opened, scripted_model, settings

__all__ = ["desk", "opened", "scripted_model", "settings"]
