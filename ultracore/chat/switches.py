"""Chainlit's features that we do not use, off even if its configuration file says otherwise."""

from __future__ import annotations

import logging

from chainlit.config import AudioFeature, ChainlitConfig, McpFeature, SpontaneousFileUploadFeature

LOGIN_SECONDS = 8 * 3600
RECONNECT_SECONDS = 15 * 60


def _is_ours_to_read(record: logging.LogRecord) -> bool:
    """False for a line at each opened page: there is one `chainlit.md`, for every language."""
    return not record.getMessage().startswith("Translated markdown file")


def switch_off(config: ChainlitConfig) -> None:
    """The file `.chainlit/config.toml` says the same; this holds when another one was read."""
    logging.getLogger("chainlit").addFilter(_is_ours_to_read)
    features, project = config.features, config.project
    features.spontaneous_file_upload = SpontaneousFileUploadFeature(enabled=False)
    features.audio = AudioFeature(enabled=False)
    features.mcp = McpFeature(enabled=False)
    features.unsafe_allow_html = False
    features.latex = False
    # What a person typed is shown as they typed it, and cannot draw a card or a link.
    features.user_message_markdown = False
    # Editing would rewrite the history and run the turn a second time.
    features.edit_message = False
    features.allow_thread_sharing = False
    features.favorites = False
    # Tool steps are shown as summaries of ours; the full input and output never leave the server.
    config.ui.cot = "tool_call"
    config.ui.default_sidebar_state = "open"
    # By the device until a person chooses: the page knows this value, Chainlit's own type does not.
    config.ui.default_theme = "system"  # type: ignore[assignment]
    project.allow_origins = []
    project.transports = ["websocket"]
    project.persist_user_env = False
    project.user_env = []
    project.cache = False
    project.user_session_timeout = LOGIN_SECONDS
    project.session_timeout = RECONNECT_SECONDS
