"""Pages at which the bank's people do their own work: lenders decide on applications, security works on incidents,
finance reads the books, tellers see what became of their requests.
"""

from ultracore.workbench.pages import add_workbench
from ultracore.workbench.parts import WorkbenchParts, WorkbenchServer

__all__ = ["WorkbenchParts", "WorkbenchServer", "add_workbench"]
