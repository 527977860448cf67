"""A customer's rights over their data."""

from ultracore.ai.tools.toolset.privacy.viewings import viewing_result

__all__ = ["viewing_result"]
