"""Routes and sockets: sign-in, buttons, lists, pages."""

from ultracore.chat.http.endpoints import STICKY_COOKIE, Buttons, Operations, sticky_cookie
from ultracore.chat.http.my_data import MyData
from ultracore.chat.http.pages import Pages, chat_page
from ultracore.chat.http.providers import ProviderDoor
from ultracore.chat.http.ratings import Ratings
from ultracore.chat.http.signin import SignIn, connection_of
from ultracore.chat.http.signin_record import SignInRecord
from ultracore.chat.http.sockets import SOCKETS_A_USER, SocketGate, chats_of_login
from ultracore.chat.http.step_up import StepUpDoor
from ultracore.chat.http.threads import ThreadList

__all__ = [
    "SOCKETS_A_USER",
    "STICKY_COOKIE",
    "Buttons",
    "MyData",
    "Operations",
    "Pages",
    "ProviderDoor",
    "Ratings",
    "SignIn",
    "SignInRecord",
    "SocketGate",
    "StepUpDoor",
    "ThreadList",
    "chat_page",
    "chats_of_login",
    "connection_of",
    "sticky_cookie",
]
