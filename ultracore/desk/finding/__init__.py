"""What goes with the list of conversations: searches under a name, and what was said around a word."""

from ultracore.desk.finding.saved import SEARCHES, KeptSearches, SavedSearchPages
from ultracore.desk.finding.snippets import snippets

__all__ = ["SEARCHES", "KeptSearches", "SavedSearchPages", "snippets"]
