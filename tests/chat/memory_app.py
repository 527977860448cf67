"""The chat over doubles, for `chainlit run`."""

from tests.chat.doubles import open_memory_app
from ultracore.chat.registration import register_app

register_app(open_memory_app)
