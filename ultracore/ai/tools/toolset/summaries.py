"""Summaries that several tools have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ultracore.ai.tools.definition import Summary


def message_summary(result: Mapping[str, Any]) -> Summary:
    """The result's own sentence."""
    return Summary(str(result["message"]))
