"""The door of the pages that the server renders, and the trees of paths that they answer for."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from starlette.requests import Request

from ultracore.admin import AdminServer, admin_pages
from ultracore.ai.screen import Press
from ultracore.audit import Origin, Subject
from ultracore.audit.vocabulary import PageDenied
from ultracore.chat.door import Endpoint, form_key, login_of_cookies, sentence_for, status_of
from ultracore.chat.frame import ApprovalPages, ApprovalParts
from ultracore.chat.http import connection_of
from ultracore.chat.runtime import Runtime
from ultracore.desk import DeskParts, DeskServer, desk_pages
from ultracore.documents import DocumentParts, DocumentServer, document_files, document_pages
from ultracore.errors import AuditUnavailable, UltracoreError, Unavailable
from ultracore.figures import FigureParts, FigureServer, figure_pages
from ultracore.principal import Principal
from ultracore.web import Door, Site
from ultracore.workbench import WorkbenchParts, WorkbenchServer, add_workbench

logger = logging.getLogger(__name__)


def page_trees(runtime: Runtime, prefix: str) -> Mapping[str, Endpoint]:
    """The endpoint of each tree of pages."""
    site = Site(_door(runtime, prefix))
    desk = desk_pages(site, DeskServer(lambda: runtime.app.desk_parts, connection_of))
    add_workbench(desk, site, WorkbenchServer(lambda: _workbench(runtime.app.desk_parts), connection_of))
    desk.add_start("/desk")
    admin = admin_pages(site, AdminServer(lambda: runtime.app.admin_parts, connection_of)).answer
    documents = document_pages(site, DocumentServer(lambda: runtime.app.document_parts, connection_of))
    figures = figure_pages(site, FigureServer(lambda: _figures(runtime.app.document_parts), connection_of))
    own = {
        "/figures": figures.answer,
        "/admin": admin,
        "/account": admin,
        "/forgot-password": admin,
        "/second-factor": admin,
        "/set-password": admin,
        "/set-up": admin,
    }
    return {"/web": site.asset, "/desk": desk.answer, "/documents": documents.answer, **own}


def frame_trees(runtime: Runtime, root: str) -> Mapping[str, Endpoint]:
    """What the widget's frame may ask for below `root`: the files of the conversation's links, and no page.

    A login of the frame must not lead from one page to the next: it is the host's session, and its site frames it.
    """
    # A 303 to a sign-in would be saved as the file.
    site = Site(replace(_door(runtime, root), has_sign_in=False))
    files = document_files(site, DocumentServer(lambda: runtime.app.document_parts, connection_of))
    return {"/documents": files.answer, "/web": site.asset}


def approval_pages(
    runtime: Runtime, prefix: str, press: Callable[[Press, Principal], Awaitable[None]]
) -> ApprovalPages:
    """The page of the one card that a ticket of the frame is for."""

    def parts() -> ApprovalParts:
        app, proposals = runtime.app, runtime.app.document_parts.bank.proposals
        if app.widget is None:
            raise Unavailable("there is no widget", code="widget.off")
        return ApprovalParts(
            logins=app.logins,
            button=proposals.of_button,
            proposal=proposals.get,
            step_ups=app.step_ups,
            tickets=app.widget.tickets,
            press=press,
        )

    return ApprovalPages(Site(_door(runtime, prefix)), parts, connection_of)


def _workbench(desk: DeskParts) -> WorkbenchParts:
    return WorkbenchParts(desk.bank, desk.trail)


def _figures(documents: DocumentParts) -> FigureParts:
    return FigureParts(documents.bank, documents.trail, documents.threads, documents.limiter)


def _door(runtime: Runtime, prefix: str) -> Door:
    async def caller(request: Request) -> Principal | None:
        login_id, logins = login_of_cookies(request.cookies), runtime.app.logins
        # What a page asks by itself is no act of a person, and must not keep their login alive.
        look = logins.peek if "x-live" in request.headers else logins.get
        return await look(login_id) if login_id else None

    async def denied(request: Request, principal: Principal) -> None:
        browser = connection_of(request)
        origin = Origin(
            principal.tenant_id,
            principal.user_id,
            ip_address=browser.ip_address,
            user_agent=browser.user_agent,
        )
        try:
            await runtime.app.trail.write(PageDenied(request.url.path), origin, Subject.of(principal))
        except AuditUnavailable as error:
            # The page stays closed whether or not that can be written down.
            logger.error("a refused page is not on the record: %s", error.message)

    def explain(error: UltracoreError, path: str) -> tuple[int, str]:
        return status_of(error), sentence_for(error, where=path, phone=runtime.phone)

    return Door(
        caller=caller,
        denied=denied,
        explain=explain,
        origins=runtime.origins,
        form_key=form_key(),
        phone=runtime.phone,
        prefix=prefix.rstrip("/"),
    )
