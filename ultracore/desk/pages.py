"""The tree of pages under `/desk`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ultracore.desk.alert_pages import ALERTS, AlertPages
from ultracore.desk.conversation_pages import FIND, ConversationPages
from ultracore.desk.finding import SavedSearchPages
from ultracore.desk.judgement_pages import JUDGEMENTS, JudgementPages
from ultracore.desk.look import Look
from ultracore.desk.parts import DeskServer
from ultracore.desk.queue_pages import QUEUE, READERS, QueuePages
from ultracore.desk.report_pages import REPORTS, ReportPages
from ultracore.desk.talk_pages import TalkPages
from ultracore.desk.watch_pages import WatchPages
from ultracore.web import PageTable, Site

_HERE: Final = Path(__file__).parent


def desk_pages(site: Site, server: DeskServer) -> PageTable:
    """The pages of the desk over the program's site."""
    table, templates = PageTable(site), site.templates(_HERE / "templates")
    look = Look(
        templates, site.add_asset(_HERE / "assets" / "desk.css"), site.add_asset(_HERE / "assets" / "live.js")
    )
    site.add_link(QUEUE, "Queue", READERS)
    site.add_link(FIND, "Conversations", READERS)
    site.add_link(JUDGEMENTS, "Judgements", READERS)
    site.add_link(REPORTS, "Reports", READERS)
    site.add_link(ALERTS, "Alerts", READERS)
    QueuePages(site, server, look).add_to(table)
    TalkPages(site, server, look).add_to(table)
    ConversationPages(site, server, look).add_to(table)
    WatchPages(site, server, look).add_to(table)
    SavedSearchPages(site, server, look, FIND).add_to(table)
    ReportPages(site, server, look).add_to(table)
    JudgementPages(site, server, look).add_to(table)
    AlertPages(server, look).add_to(table)
    return table
