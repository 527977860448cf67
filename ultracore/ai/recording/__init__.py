"""Everything that a turn shows is put on the record, also while the store is down."""

from ultracore.ai.recording.streamed import PieceKeeper
from ultracore.ai.recording.turn_log import GapBook, TurnLog
from ultracore.ai.recording.view import RecordingView

__all__ = [
    "GapBook",
    "PieceKeeper",
    "RecordingView",
    "TurnLog",
]
