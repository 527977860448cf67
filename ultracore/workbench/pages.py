"""The pages of the workbench, among those under `/desk`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ultracore.web import PageTable, Site
from ultracore.workbench.loan_pages import LOANS, READERS, LoanPages
from ultracore.workbench.parts import WorkbenchLook, WorkbenchServer

_HERE: Final = Path(__file__).parent


def add_workbench(table: PageTable, site: Site, server: WorkbenchServer) -> None:
    """Put the pages of the workbench into a table of pages."""
    look = WorkbenchLook(site.templates(_HERE / "templates"), site.add_asset(_HERE / "assets" / "workbench.css"))
    site.add_link(LOANS, "Loans", READERS)
    LoanPages(site, server, look).add_to(table)
