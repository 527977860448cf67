"""Pages at which the bank's people do the work of their own desk: lenders decide on applications."""

from ultracore.workbench.pages import add_workbench
from ultracore.workbench.parts import WorkbenchParts, WorkbenchServer

__all__ = ["WorkbenchParts", "WorkbenchServer", "add_workbench"]
