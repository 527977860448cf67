"""The pages of the workbench, among those under `/desk`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ultracore.web import PageTable, Site
from ultracore.workbench import case_pages as cases
from ultracore.workbench import finance_pages as finance
from ultracore.workbench import incident_pages as incidents
from ultracore.workbench import loan_pages as loans
from ultracore.workbench import request_pages as requests
from ultracore.workbench.parts import WorkbenchLook, WorkbenchServer

_HERE: Final = Path(__file__).parent


def add_workbench(table: PageTable, site: Site, server: WorkbenchServer) -> None:
    """Put the pages of the workbench into a table of pages."""
    look = WorkbenchLook(site.templates(_HERE / "templates"), site.add_asset(_HERE / "assets" / "workbench.css"))
    site.add_link(loans.LOANS, "Loans", loans.READERS)
    site.add_link(incidents.INCIDENTS, "Incidents", incidents.READERS)
    site.add_link(finance.FINANCE, "Books", finance.READERS)
    site.add_link(requests.REQUESTS, "My requests", requests.READERS)
    # Supervisors and auditors come to it from a conversation: their row of links is full.
    site.add_link(cases.CASE, "My case", cases.LINKED)
    loans.LoanPages(site, server, look).add_to(table)
    incidents.IncidentPages(site, server, look).add_to(table)
    finance.FinancePages(server, look).add_to(table)
    requests.RequestPages(server, look).add_to(table)
    cases.CasePages(site, server, look).add_to(table)
