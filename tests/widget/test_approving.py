"""A card of the frame is decided on a page of our own: by a ticket, once, by the login that it is for."""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.ai.conftest import settings
from tests.ai.screen import Desk, principal
from tests.banking.support import told
from tests.support.scripted_model import ScriptedModel
from ultracore.ai.approvals import ProofWanted
from ultracore.ai.screen import Press
from ultracore.banking import Proposal, ProposalStatus
from ultracore.banking.store import Database
from ultracore.chat.door import sentence_for, status_of
from ultracore.chat.frame import ApprovalPages, ApprovalParts
from ultracore.errors import AuditUnavailable, SignInRefused
from ultracore.principal import Connection, Principal
from ultracore.settings import Settings
from ultracore.web import Door, Site
from ultracore.widget import ApprovalTickets, TicketRefused, TicketStep

__all__ = ["settings"]

ORIGIN = "http://bank.test"
CODE = "246813"
NOT_GOOD = "This page is not good any more"


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


@dataclass
class Proofs:
    """A second factor that is wanted if a test says so; the proofs themselves are tested at their own door."""

    wanted: bool = False
    enrolled: bool = True
    is_on: bool = True

    async def look(self, approval_id: str, principal: Principal, connection: Connection) -> ProofWanted:
        return ProofWanted(wanted=self.wanted, enrolled=self.enrolled)

    async def prove(self, approval_id: str, principal: Principal, code: str, connection: Connection) -> None:
        if code != CODE:
            raise SignInRefused("a wrong code", sentence="That code is not right.")

    async def offer(self, approval_id: str, principal: Principal) -> str | None:
        return None

    async def prove_by_passkey(
        self, approval_id: str, principal: Principal, answer: str, connection: Connection
    ) -> None:
        raise AssertionError("the page asks for no passkey")


@dataclass
class Frame:
    """`customer1` with an open card in the frame, the door of tickets, and the page."""

    desk: Desk
    proofs: Proofs = field(default_factory=Proofs)
    behind: timedelta = timedelta(seconds=5)
    """By how much the clock of the tickets is behind: a card that has stood there for a moment."""
    pressed: list[Press] = field(default_factory=list)
    record_is_down: bool = False

    def __post_init__(self) -> None:
        self.who: Principal | None = self.desk.who
        app = self.desk.app
        tickets = ApprovalTickets(app.bank.database, digest, lambda: datetime.now(UTC) - self.behind)
        self.parts = ApprovalParts(
            logins=app.logins,
            button=app.bank.proposals.of_button,
            proposal=app.bank.proposals.get,
            step_ups=self.proofs,
            tickets=tickets,
            press=self._press,
        )
        door = Door(
            caller=self._caller,
            denied=self._denied,
            explain=lambda error, path: (status_of(error), sentence_for(error, where=path, phone="13 00 00 00")),
            origins=(ORIGIN,),
            form_key=b"k" * 32,
            phone="13 00 00 00",
        )
        self.pages = ApprovalPages(Site(door), lambda: self.parts, lambda request: Connection("10.0.0.1", "test"))
        self.table = self.pages.table()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        of_frame = request.url.path == "/approval-ticket"
        await (await (self.pages.ticket if of_frame else self.table.answer)(request))(scope, receive, send)

    async def _caller(self, request: Request) -> Principal | None:
        return self.who

    async def _denied(self, request: Request, who: Principal) -> None:
        raise AssertionError("the page knows no login")

    async def _press(self, press: Press, owner: Principal) -> None:
        if self.record_is_down:
            raise AuditUnavailable("no record")
        self.pressed.append(press)
        await self.desk.app.desk.press(press, self.desk.screen)

    async def send(self, path: str, *, origin: str = ORIGIN, **fields: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=self)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": origin}) as page:
            return await page.post(path, data=fields)

    async def ticket(self) -> str:
        """What the frame gets for the card on the screen."""
        sent = {"approval_id": self.desk.screen.cards[-1].approval_id}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self), base_url=ORIGIN) as frame:
            return str((await frame.post("/approval-ticket", json=sent)).json()["ticket"])

    async def opened(self) -> str:
        """The ticket of the answer, from the page."""
        return sealed(await self.send("/approve", ticket=await self.ticket()))

    async def answer(self, ticket: str, answer: str = "approve", **more: str) -> httpx.Response:
        return await self.send("/approve/answer", ticket=ticket, answer=answer, **more)

    async def card(self) -> Proposal:
        """The proposal behind the card, as it is now."""
        found = await self.desk.app.bank.proposals.get(self.desk.screen.cards[-1].proposal_id)
        assert found is not None
        return found

    async def is_open(self) -> bool:
        return not self.pressed and (await self.card()).status is ProposalStatus.OPEN


def sealed(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    found = re.search(r'name="ticket" value="([^"]+)"', page.text)
    assert found is not None
    return html.unescape(found[1])


@pytest.fixture
async def frame(settings: Settings) -> AsyncIterator[Frame]:
    async with Desk.open(settings, ScriptedModel()) as desk:
        await desk.say("pay 50 to City Power")
        yield Frame(desk)


async def test_a_ticket_shows_the_whole_card_where_nobody_frames_it_and_takes_one_answer(
    frame: Frame,
) -> None:
    ticket = await frame.ticket()
    page = await frame.send("/approve", ticket=ticket)
    for label, value in frame.desk.screen.cards[-1].lines:
        assert html.escape(label, quote=False) in page.text and html.escape(value) in html.unescape(page.text)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers and frame.desk.who.login_id not in page.text + ticket
    done = await frame.answer(sealed(page))
    assert done.status_code == 200 and "It is carried out" in done.text and "set-cookie" not in done.headers
    assert (await frame.card()).status is ProposalStatus.DONE
    for again in (await frame.send("/approve", ticket=ticket), await frame.answer(sealed(page))):
        assert (again.status_code, NOT_GOOD in again.text) == (400, True)
    assert len(frame.pressed) == 1


async def test_of_two_answers_at_once_one_counts(frame: Frame) -> None:
    answer = await frame.opened()
    statuses = sorted(one.status_code for one in await asyncio.gather(frame.answer(answer), frame.answer(answer)))
    assert statuses == [200, 400] and len(frame.pressed) == 1


async def test_a_card_is_declined_without_a_code(frame: Frame) -> None:
    frame.proofs.wanted = True
    done = await frame.answer(await frame.opened(), "decline")
    assert "Nothing was changed" in done.text
    assert (await frame.card()).status is ProposalStatus.DECLINED


async def test_looking_uses_nothing_up_and_other_sites_forms_are_refused(frame: Frame) -> None:
    ticket = await frame.ticket()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=frame), base_url=ORIGIN) as page:
        for path in ("/approve", f"/approve?ticket={ticket}", f"/approve/answer?ticket={ticket}"):
            assert (await page.get(path)).status_code in (400, 404)
        assert (await page.post("/approve", data={"ticket": ticket})).status_code == 403, "from no page"
    assert (await frame.send("/approve", origin="https://evil.example", ticket=ticket)).status_code == 403
    answer = sealed(await frame.send("/approve", ticket=ticket))
    foreign = await frame.send("/approve/answer", origin="null", ticket=answer, answer="approve")
    assert foreign.status_code == 403 and await frame.is_open()


async def test_guessed_changed_and_misplaced_tickets_decide_nothing(frame: Frame) -> None:
    ticket, answer = await frame.ticket(), await frame.opened()
    for wrong in ("x", "é", ticket[:-4] + "AAA=", answer[::-1], frame.desk.screen.cards[-1].approval_id, answer):
        assert (await frame.send("/approve", ticket=wrong)).status_code == 400, wrong
    for wrong in ("x", ticket, "a" * 3000, ""):
        assert (await frame.answer(wrong)).status_code == 400, wrong
    foreign = ApprovalTickets(frame.desk.app.bank.database, lambda value: digest(["another key", value]))
    button = frame.desk.screen.cards[-1].approval_id
    forged = foreign.issue(TicketStep.ANSWER, frame.desk.who.login_id, button)
    assert (await frame.answer(forged)).status_code == 400 and await frame.is_open()


async def test_tickets_end_with_their_time(frame: Frame) -> None:
    ticket, answer = await frame.ticket(), await frame.opened()
    frame.behind -= timedelta(seconds=61)
    assert NOT_GOOD in (await frame.send("/approve", ticket=ticket)).text
    frame.behind -= timedelta(minutes=5)
    assert NOT_GOOD in (await frame.answer(answer)).text
    assert await frame.is_open()


async def test_a_login_gets_tickets_for_its_own_buttons_only(frame: Frame) -> None:
    button = frame.desk.screen.cards[-1].approval_id
    tickets, logins = frame.parts.tickets, frame.desk.app.logins
    for other in (principal("customer2", "cust_2"), principal("customer9", "cust_9", "tenant_2")):
        await logins.create(other)
        made = tickets.issue(TicketStep.OPEN, other.login_id, button)
        assert (await frame.send("/approve", ticket=made)).status_code == 400
        made = tickets.issue(TicketStep.ANSWER, other.login_id, button)
        assert (await frame.answer(made)).status_code == 400
    mine = tickets.issue(TicketStep.ANSWER, frame.desk.who.login_id, "another-button")
    assert (await frame.answer(mine)).status_code == 400 and await frame.is_open()


async def test_a_ticket_ends_with_the_login_session_of_the_frame(frame: Frame) -> None:
    ticket, answer = await frame.ticket(), await frame.opened()
    await frame.desk.app.desk.sign_out(frame.desk.who.login_id, Connection())
    assert NOT_GOOD in (await frame.send("/approve", ticket=ticket)).text
    assert NOT_GOOD in (await frame.answer(answer)).text
    assert not frame.pressed and (await frame.card()).status is ProposalStatus.VOID


async def test_a_card_that_was_withdrawn_or_answered_meanwhile_is_not_decided_again(frame: Frame) -> None:
    ticket, answer = await frame.ticket(), await frame.opened()
    await frame.desk.press(approve=False)
    assert NOT_GOOD in (await frame.send("/approve", ticket=ticket)).text
    assert NOT_GOOD in (await frame.answer(answer)).text
    assert not frame.pressed and (await frame.card()).status is ProposalStatus.DECLINED


async def test_a_wanted_code_is_asked_for_on_the_page_until_it_is_right(frame: Frame) -> None:
    frame.proofs.wanted = True
    answer = await frame.opened()
    for code, problem in (("", "Please type the code"), ("111111", "That code is not right")):
        page = await frame.answer(answer, code=code)
        assert page.status_code == 400 and problem in page.text and await frame.is_open()
    frame.proofs.enrolled = False
    assert "you have none yet" in (await frame.answer(answer, code=CODE)).text
    frame.proofs.enrolled = True
    assert "It is carried out" in (await frame.answer(answer, code=CODE)).text


async def test_a_press_on_a_card_that_has_only_just_appeared_is_not_taken(frame: Frame) -> None:
    frame.behind = -timedelta(minutes=2)
    answer = await frame.opened()
    assert "only just appeared" in (await frame.answer(answer)).text and await frame.is_open()


async def test_without_the_record_nothing_is_decided(frame: Frame) -> None:
    answer, frame.record_is_down = await frame.opened(), True
    page = await frame.answer(answer)
    assert page.status_code == 503 and "no record" not in page.text and await frame.is_open()


async def test_of_two_who_spend_a_ticket_at_once_one_does(database: Database) -> None:
    tickets = ApprovalTickets(database, digest)
    ticket = tickets.read(tickets.issue(TicketStep.OPEN, "login", "button"), TicketStep.OPEN)
    results = await asyncio.gather(
        *(told(partial(tickets.spend, ticket)) for _ in range(4)), return_exceptions=True
    )
    assert [one for one in results if one is None] == [None]
    assert [type(one) for one in results if one is not None] == [TicketRefused] * 3
