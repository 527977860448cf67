"""What a running conversation keeps in Redis: sessions, conversations, threads, answers, turns."""

from ultracore.cache.stores.choices import WaitingChoices
from ultracore.cache.stores.conversations import Conversations, ConversationState, Notices
from ultracore.cache.stores.forgetting import RedisEraser, Traces
from ultracore.cache.stores.logs import ConversationLogs, Cursor, LogChange, LogEntry, LogPart
from ultracore.cache.stores.page_bindings import PageBindings
from ultracore.cache.stores.pieces import AnswerHead, AnswerPieces, CutAnswer, OpenAnswer
from ultracore.cache.stores.seals import Seal, Seals
from ultracore.cache.stores.service import RuntimeStores
from ultracore.cache.stores.sessions import LiveSession, LoginSessions, SessionLimits, SocketBindings
from ultracore.cache.stores.sign_in import Attempt, Busy, LoginThrottle, Wait, network_of
from ultracore.cache.stores.threads import ThreadEntry, Threads
from ultracore.cache.stores.turn_lock import TurnLease, TurnLock

__all__ = [
    "AnswerHead",
    "AnswerPieces",
    "Attempt",
    "Busy",
    "ConversationLogs",
    "ConversationState",
    "Conversations",
    "Cursor",
    "CutAnswer",
    "LiveSession",
    "LogChange",
    "LogEntry",
    "LogPart",
    "LoginSessions",
    "LoginThrottle",
    "Notices",
    "OpenAnswer",
    "PageBindings",
    "RedisEraser",
    "RuntimeStores",
    "Seal",
    "Seals",
    "SessionLimits",
    "SocketBindings",
    "ThreadEntry",
    "Threads",
    "Traces",
    "TurnLease",
    "TurnLock",
    "Wait",
    "WaitingChoices",
    "network_of",
]
