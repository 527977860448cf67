"""The chat over doubles, for `chainlit run`."""

import os
from functools import partial

from tests.chat.doubles import open_memory_app
from ultracore.chat.registration import register_app

open_app = partial(open_memory_app, idle_seconds=float(os.environ.get("CHAT_TEST_IDLE_SECONDS", "900")))
register_app(open_app)
# As Chainlit's hot reload does. It keeps what is running.
register_app(open_app)
