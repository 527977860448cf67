"""One browser page: what is drawn on it and how."""

from ultracore.chat.page import wire
from ultracore.chat.page.keeping import Keeper
from ultracore.chat.page.offers import Offers
from ultracore.chat.page.render import CardOnScreen, ChainlitView
from ultracore.chat.page.screen import Screen

__all__ = [
    "CardOnScreen",
    "ChainlitView",
    "Keeper",
    "Offers",
    "Screen",
    "wire",
]
