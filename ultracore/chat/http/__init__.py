"""Routes and sockets: sign-in, buttons, lists, pages."""

from ultracore.chat.http.endpoints import Buttons, Operations, sticky_cookie
from ultracore.chat.http.my_data import MyData
from ultracore.chat.http.pages import Pages
from ultracore.chat.http.signin import SignIn, connection_of
from ultracore.chat.http.sockets import SOCKETS_A_USER, SocketGate, chats_of_login
from ultracore.chat.http.threads import ThreadList

__all__ = [
    "SOCKETS_A_USER",
    "Buttons",
    "MyData",
    "Operations",
    "Pages",
    "SignIn",
    "SocketGate",
    "ThreadList",
    "chats_of_login",
    "connection_of",
    "sticky_cookie",
]
