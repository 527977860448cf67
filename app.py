"""The app for Chainlit: `chainlit run app.py`, or `ultracore serve`."""

from ultracore.chat import register

register()
