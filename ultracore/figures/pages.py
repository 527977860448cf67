"""`/figures/CONVERSATION/MOMENT`: the origin of the figures of one answer, for the customer who was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from starlette.responses import Response

from ultracore.ai.tools.toolset import TOOLS
from ultracore.ai.tracing import (
    Answer,
    FigureOrigin,
    ResultPlace,
    TracedFigure,
    answers_in,
    sources_before,
    traced,
)
from ultracore.audit import AuditEvent, Origin, Subject
from ultracore.audit.vocabulary import DocumentRefused
from ultracore.errors import InvalidInput, RateLimited
from ultracore.figures.lines import LedgerLines, LedgerReader
from ultracore.figures.parts import FigureParts, FigureServer
from ultracore.languages import Language, told
from ultracore.principal import Role
from ultracore.web import NoSuchPage, PageTable, Site, Visit
from ultracore.wording import inert_text, when_text

FIGURES: Final = "/figures"
CUSTOMERS: Final = frozenset({Role.CUSTOMER})
MOST_EVENTS: Final = 5_000
LOOKS_AN_HOUR: Final = 240
_HOUR: Final = 3600.0
_TITLES: Final = {tool.name: tool.title for tool in TOOLS}
_NAMES: Final = ("label", "description", "account_name", "name", "payee", "nickname", "symbol", "month", "due_on")
_FIELDS: Final = {
    "count": "Number of lines",
    "number_last_digits": "Last digits of the number",
    "last_digits": "Last digits of the number",
    "annual_rate": "Interest rate a year, per cent",
    "share": "Share, per cent",
    "outstanding": "Still owed",
    "balance": "Balance",
    "available_balance": "Available balance",
    "amount": "Amount",
    "total": "Total",
    "opening_balance": "Opening balance",
    "closing_balance": "Closing balance",
    "money_in": "Money in",
    "money_out": "Money out",
    "instalment": "Instalment",
}
_TOO_MANY: Final = "You have looked at many of these pages just now. Please try again in an hour."
_TOO_LONG: Final = "This conversation is too long to be traced. All of it is in the copy of your data, at My data."
_ORIGINS: Final = {
    FigureOrigin.LOOKED_UP: "Looked up",
    FigureOrigin.ROUNDED: "Rounded from what was looked up",
    FigureOrigin.WORKED_OUT: "Worked out from other figures of the answer",
    FigureOrigin.SAID: "From your own message",
    FigureOrigin.UNKNOWN: "No source was found",
}
# The page gives the moment with milliseconds, the record with microseconds.
_SLACK: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as the page tells of it. `field` says in words what it is in the result of `tool`, and `name` whose
    it is there.
    """

    figure: TracedFigure
    origin: str
    tool: str = ""
    field: str = ""
    name: str = ""
    at: datetime | None = None
    ledger: LedgerLines | None = None


def figure_pages(site: Site, server: FigureServer) -> PageTable:
    """The pages over the program's site."""
    table = PageTable(site)
    FigurePages(site, server).add_to(table)
    return table


class FigurePages:
    """The page of one answer, and the one of a conversation that leads to the page of each."""

    def __init__(self, site: Site, server: FigureServer) -> None:
        self._server = server
        self._templates = site.templates(Path(__file__).parent / "templates")

    def add_to(self, table: PageTable) -> None:
        """Add the routes."""
        table.add("GET", f"{FIGURES}/{{conversation}}", self._conversation, CUSTOMERS)
        table.add("GET", f"{FIGURES}/{{conversation}}/{{moment}}", self._answer, CUSTOMERS)

    async def _conversation(self, visit: Visit) -> Response:
        events = await self._events(visit)
        answers = answers_in(events)[::-1]
        name = visit.named("conversation")
        links = [(one, f"{FIGURES}/{name}/{moment_of(one.began_at)}") for one in answers]
        return self._templates.page("answers.html", visit, answers=links, erased=_is_erased(events))

    async def _answer(self, visit: Visit) -> Response:
        events = await self._events(visit)
        answer = answer_at(answers_in(events), visit.named("moment"))
        if answer is None and not _is_erased(events):
            raise NoSuchPage("no answer of then")
        language: Language = "en" if answer is None else answer.language
        figures = [] if answer is None else await asyncio.to_thread(_traced, events, answer)
        person, parts = visit.principal, self._server.parts()
        reader = LedgerReader(parts.bank, person.tenant_id, str(person.customer_id))
        return self._templates.page(
            "figures.html",
            visit,
            answer=answer,
            say=partial(_say, language),
            language=language,
            when=partial(when_text, language=language),
            figures=[await _shown(one, reader) for one in figures],
            conversation=f"{FIGURES}/{visit.named('conversation')}",
        )

    async def _events(self, visit: Visit) -> list[AuditEvent]:
        """The record of a conversation of this person's own. Somebody else's is like none."""
        parts, person, name = self._server.parts(), visit.principal, visit.named("conversation")
        await _admit(parts, visit)
        store = await parts.trail.store()
        stream = await store.stream(name)
        whose = (person.tenant_id, person.user_id, person.customer_id)
        if stream is None or whose != (stream.tenant_id, stream.user_id, stream.customer_id):
            raise await self._not_theirs(visit)
        if stream.events > MOST_EVENTS:
            raise InvalidInput("a conversation that is too long", code="figures.too_long", sentence=_TOO_LONG)
        events = await store.events(name)
        # What the person has taken off their list is gone for them; of what was erased the page says so.
        if not _is_erased(events) and await parts.threads.get(person, name) is None:
            raise await self._not_theirs(visit)
        return events

    async def _not_theirs(self, visit: Visit) -> NoSuchPage:
        person, browser = visit.principal, self._server.connection(visit.request)
        origin = Origin(
            person.tenant_id, person.user_id, ip_address=browser.ip_address, user_agent=browser.user_agent
        )
        await self._server.parts().trail.write(DocumentRefused("figures"), origin, Subject.of(person))
        return NoSuchPage("no conversation of this customer")


def moment_of(began_at: datetime) -> str:
    """The part of an address that names an answer: when it began, in milliseconds since 1970."""
    return str(int(began_at.timestamp() * 1000))


def answer_at(answers: Iterable[Answer], moment: str) -> Answer | None:
    """The answer that began last before a moment of the page, which draws an answer as soon as it has begun."""
    if not moment.isascii() or not moment.isdigit() or len(moment) > 14:
        return None
    shown_at = datetime.fromtimestamp(int(moment) / 1000, UTC) + _SLACK
    return max((one for one in answers if one.began_at <= shown_at), key=lambda one: one.began_at, default=None)


async def _admit(parts: FigureParts, visit: Visit) -> None:
    key = f"figures:{visit.principal.tenant_id}:{visit.principal.user_id}"
    decision = await parts.limiter.hit(key, LOOKS_AN_HOUR, _HOUR)
    if not decision.allowed:
        wait = decision.retry_after
        raise RateLimited("too many looks", retry_after=wait, code="figures.too_many", sentence=_TOO_MANY)


def _is_erased(events: Sequence[AuditEvent]) -> bool:
    return any(event.erased for event in events)


def _traced(events: Sequence[AuditEvent], answer: Answer) -> list[TracedFigure]:
    """Each figure once, though an answer may say it again."""
    found = traced(answer.text, *sources_before(events, answer))
    return list({(one.text, one.place.path if one.place else None): one for one in found[::-1]}.values())[::-1]


async def _shown(figure: TracedFigure, reader: LedgerReader) -> ShownFigure:
    place = figure.place
    if place is None:
        return ShownFigure(figure, _ORIGINS[figure.origin], at=figure.said.at if figure.said else None)
    ledger = await reader.behind(place)
    tool = _TITLES.get(place.look_up.tool, place.look_up.tool.replace("_", " "))
    return ShownFigure(figure, _ORIGINS[figure.origin], tool, *_field(place), place.look_up.at, ledger)


def _field(place: ResultPlace) -> tuple[str, str]:
    """The key in words, and the name of what it belongs to: `Balance` and `Everyday`."""
    holder = place.holders[-1]
    name = next((str(holder[one]) for one in _NAMES if holder.get(one) and one != place.field), "")
    words = _FIELDS.get(place.field) or place.field.replace("_", " ").capitalize()
    return words, inert_text(name)


def _say(language: Language, sentence: str, **values: object) -> str:
    return told(sentence, language).format(**values)
