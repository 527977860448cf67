"""What goes with the list of conversations: searches that are kept under a name."""

from ultracore.desk.finding.saved import SEARCHES, KeptSearches, SavedSearchPages

__all__ = ["SEARCHES", "KeptSearches", "SavedSearchPages"]
