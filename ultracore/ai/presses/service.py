"""The buttons of a card, and what ends a card without a button: time, Stop, sign-out."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ultracore.ai.answers import BANK
from ultracore.ai.approvals import ApprovalDesk, Decided, after_interruption, told_to_maker
from ultracore.ai.presses.refusals import RefusedPresses
from ultracore.ai.recording import GapBook, RecordingView, TurnLog
from ultracore.ai.screen import CardShown, CardState, Press, Screens, TurnView
from ultracore.ai.tools import card_of
from ultracore.audit import AuditTrail, ConversationRecord
from ultracore.audit.vocabulary import ApprovalDeclined, ApprovalExpired, ToolDecided
from ultracore.banking import Bank, Proposal, ProposalStatus
from ultracore.cache.stores import Conversations, Notices, TurnLock
from ultracore.errors import ApprovalRefused, CacheUnavailable, CustomerError, UltracoreError
from ultracore.languages import retold
from ultracore.observability import Metrics
from ultracore.principal import Connection, Principal, Role
from ultracore.tasks import OwnedTasks

logger = logging.getLogger(__name__)

# Pages that closed without a word are never taken out, so the oldest one goes.
MAX_WATCHED = 10_000
Seal = Callable[[], Awaitable[object]]
Who = Callable[[], Awaitable[Principal]]
EXPIRED = "This request has expired. Nothing was changed; please ask again if you still want it."
UNDECIDED = "Nobody decided it in time, so it has expired. Nothing was changed."
CANCELLED = "You cancelled this request. Nothing was changed."
CANCELLATION = "customer.cancelled"
VOIDED = "This request was withdrawn. Nothing was changed."
CORRECTED = "You corrected this request, so this card no longer counts. Nothing was changed."
CORRECTION = "approval.corrected"
_WITHDRAWN = {CORRECTION: CORRECTED, CANCELLATION: CANCELLED}
_ENDED = frozenset({"approval.consumed", "approval.expired", "approval.void"})
"""Refusals of a press whose request has ended: what became of it is told."""
_UNDECIDED = (ProposalStatus.OPEN, ProposalStatus.WAITING)
_CARD_STATES: dict[ProposalStatus, CardState] = {
    ProposalStatus.WAITING: "waiting",
    ProposalStatus.DONE: "done",
    ProposalStatus.DECLINED: "declined",
    ProposalStatus.EXPIRED: "expired",
    ProposalStatus.VOID: "void",
    ProposalStatus.FAILED: "not_done",
}
"""What a card says when it is found to be still there after its request has ended."""

LOOK_SECONDS = 1.5
"""A decision in less time after its card was drawn was not made by reading it: a finger was already on its way."""
TOO_SOON = "This card has only just appeared here. Please read it first; its buttons work after a moment."


def principal_of(proposal: Proposal) -> Principal:
    """The person who was asked, as far as the record of the proposal's own conversation needs it."""
    return Principal(
        tenant_id=proposal.tenant_id,
        user_id=proposal.user_id,
        login_id=proposal.login_id,
        roles=frozenset() if proposal.two_persons else frozenset({Role.CUSTOMER}),
        customer_id=proposal.customer_id,
    )


class Presses:
    """Carries out presses and closes cards. All of a proposal is recorded under the proposal's own turn."""

    def __init__(
        self,
        bank: Bank,
        trail: AuditTrail,
        desk: ApprovalDesk,
        locks: TurnLock,
        conversations: Conversations,
        seal: Seal,
        gaps: GapBook,
        notices: Notices,
        metrics: Metrics,
        *,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._bank = bank
        self._trail = trail
        self._desk = desk
        self._locks = locks
        self._conversations = conversations
        self._seal = seal
        self._gaps = gaps
        self._notices = notices
        self._metrics = metrics
        self._look_seconds = look_seconds
        self.refusals = RefusedPresses(metrics)
        """Where presses that carry nothing out are written down, or counted."""
        # The task that brings a press can be cancelled at any moment; an effect must not end in its middle.
        self._tasks = OwnedTasks()
        self._watched: OrderedDict[str, TurnView] = OrderedDict()
        self._screens: Screens | None = None

    def show_on(self, screens: Screens) -> None:
        """Find cards that are drawn by other processes on these screens."""
        self._screens = screens

    async def _screen_of(self, proposal: Proposal) -> TurnView | None:
        """The page on which the proposal's card is still open, if it is."""
        view = self._watched.pop(proposal.conversation_id, None)
        if view is not None or self._screens is None:
            return view
        try:
            return await self._screens(proposal.conversation_id, principal_of(proposal), proposal.proposal_id)
        except UltracoreError as error:
            logger.warning("a card is left open on its page: %s", error.code)
            return None

    def watch(self, conversation_id: str, view: TurnView) -> None:
        """Remember the view that draws the open card of a conversation, to close it when it runs out."""
        self._watched[conversation_id] = view
        if len(self._watched) > MAX_WATCHED:
            self._watched.popitem(last=False)

    async def carry_out(self, press: Press, principal: Principal, agent: str, view: TurnView, again: Who) -> None:
        """One press. Waits for the conversation's turn; raises `ApprovalRefused` if it can do nothing.

        `again` reads the login session inside the turn: a login that ended during the wait has no authority left.
        """
        await self.in_turn(press.conversation_id, self._answer(press, principal, agent, view, again))

    async def in_turn(self, conversation_id: str, work: Coroutine[Any, Any, None]) -> None:
        """Do the work as the conversation's turn; once begun it runs to its end, even if the turn is lost."""
        answer: asyncio.Task[None] | None = None
        try:
            async with self._locks.hold(conversation_id):
                # Started only with the turn: two presses of one conversation never run at once.
                answer = self._tasks.start(work)
                await asyncio.shield(answer)
        except CacheUnavailable as error:
            if answer is None:
                raise
            # The turn was lost while the effect ran. What makes money right is in the ledger: it goes on.
            logger.warning("a press goes on without its turn: %s", error.code)
            await asyncio.shield(answer)
        finally:
            if answer is None:
                work.close()

    async def _answer(self, press: Press, principal: Principal, agent: str, view: TurnView, again: Who) -> None:
        """Carry the press out and show what came of it. Runs to its end, even if the turn is lost."""
        proposal = await self._desk.find(press.approval_id, principal, press.conversation_id)
        log = self.log_of(proposal, press.connection)
        shown = RecordingView(view, log, agent)
        try:
            # The wait for the turn may have outlived the login session.
            now = await again()
            self.require_a_look(proposal, press, ProposalStatus.OPEN)
            if press.approve:
                decided = await self._desk.approve(proposal, now, press.connection, log)
            else:
                decided = await self._desk.decline(proposal, now, log)
        except CustomerError as error:
            await self.refused(proposal, log, shown, error, principal)
            return
        # These cards are not over: the end comes later and has to find the page.
        if decided.state in ("unknown", "waiting"):
            self.watch(press.conversation_id, view)
        else:
            self._watched.pop(press.conversation_id, None)
        self.count(proposal, decided)
        sentence = retold(decided.sentence, proposal.language)
        await shown.card_closed(decided.state, sentence, proposal=proposal.proposal_id)
        await self._tell_model(press.conversation_id, decided.sentence)
        if press.approve:
            self.seal_soon()

    def count(self, proposal: Proposal, decided: Decided) -> None:
        """Count what the button has carried out, if it has."""
        if decided.outcome is not None:
            self._metrics.approved_calls.labels(proposal.tool, decided.outcome).inc()

    def require_a_look(self, proposal: Proposal, press: Press, undecided: ProposalStatus) -> None:
        """Raise `ApprovalRefused` (`approval.too_soon`) unless the card has been on that page for a moment.

        A press that can decide nothing is not kept from being told so: the rule is for `undecided` proposals.
        """
        seen = press.shown_seconds
        if seen is not None and seen < self._look_seconds and proposal.status is undecided:
            raise ApprovalRefused("pressed too soon", code="approval.too_soon", sentence=TOO_SOON)

    async def resolved(self, proposal: Proposal, state: CardState, sentence: str) -> None:
        """Say how something unresolved ended if its card is still on a screen of ours."""
        if proposal.two_persons:
            await self._say_to_maker(proposal, sentence, receipt=state == "done")
            self.seal_soon()
            return
        view = await self._screen_of(proposal)
        if view is not None:
            await self._close_card(proposal, view, state, sentence)
        await self._tell_model(proposal.conversation_id, sentence)
        self.seal_soon()

    async def tell_maker(self, request: Proposal, sentence: str, *, receipt: bool = False) -> None:
        """Tell the maker what became of a request: on their screen, or with their next session."""
        if not await self._say_to_maker(request, sentence, receipt=receipt):
            try:
                await self._notices.add_notice(request.tenant_id, request.user_id, sentence)
            except UltracoreError as error:
                logger.warning("a maker could not be told of their request: %s", error.code)

    async def _say_to_maker(self, request: Proposal, sentence: str, *, receipt: bool) -> bool:
        """A message of its own: the card that is open there meanwhile is another one. False if no screen is."""
        view = self._watched.get(request.conversation_id)
        if view is not None:
            shown = RecordingView(view, self.log_of(request, Connection()), await self._agent(request))
            await shown.message(sentence, kind="receipt" if receipt else "notice")
        await self._tell_model(request.conversation_id, sentence)
        return view is not None

    def seal_soon(self) -> None:
        """Have the heads signed soon after an outcome."""
        self._tasks.start(self._seal_outcome())

    async def void(self, principal: Principal, conversation_id: str, *, reason: str) -> bool:
        """Withdraw the open card of a conversation; False if there is none. What a second person decides stays."""
        # In the ledger first: a press that comes a moment later must find the card withdrawn.
        voided = await self._bank.proposals.void_open(conversation_id=conversation_id, reason=reason)
        for proposal in voided:
            await self._withdrawn(proposal, reason)
        return bool(voided)

    async def void_login(self, principal: Principal) -> None:
        """Withdraw every open card of a login session that has ended."""
        reason = "session.signed_out"
        for proposal in await self._bank.proposals.void_open(login_id=principal.login_id, reason=reason):
            await self._withdrawn(proposal, reason)

    async def show_again(
        self, principal: Principal, conversation_id: str, view: TurnView, card: CardShown | None = None
    ) -> bool:
        """Draw the open card of a conversation under a one-time id for this login. False if there is none.

        A card that is being carried out is left as it stands: who carries it out says how it ends.
        """
        proposal = await self._bank.proposals.open_for(conversation_id)
        if proposal is None:
            return card is not None and await self._close_ended(principal, card, view)
        if proposal.status is not ProposalStatus.OPEN:
            return proposal.status is ProposalStatus.CLAIMED
        if proposal.user_id != principal.user_id or proposal.expires_at <= datetime.now(UTC):
            return False
        if card is not None and card.pressable and card.proposal_id == proposal.proposal_id:
            return True
        # A new id, because the old one belongs to a login or a page that may be gone.
        approval_id = await self._bank.proposals.issue(proposal.proposal_id, principal)
        self.watch(conversation_id, view)
        await view.agent(await self._asked_by(proposal))
        await view.card(card_of(proposal, approval_id))
        return True

    async def _close_ended(self, principal: Principal, card: CardShown, view: TurnView) -> bool:
        """Say on a card that still stands how its request ended. False if that is not known here."""
        request = await self._bank.proposals.get(card.proposal_id)
        if request is None or request.user_id != principal.user_id or request.status not in _CARD_STATES:
            return False
        intents = await (await self._trail.store()).open_intents()
        if any(intent.proposal == request.proposal_id for intent in intents):
            # The process that carried it out died before it had written the outcome. Whoever writes it tells it.
            return True
        if request.status in (ProposalStatus.DONE, ProposalStatus.FAILED):
            receipt = await self._bank.proposals.receipt(request.proposal_id)
            sentence: str | None = after_interruption(request, receipt)
        else:
            _, sentence = await self._desk.told_of(request.proposal_id)
        if sentence is None:
            return False
        await self._close_card(request, view, _CARD_STATES[request.status], sentence)
        return True

    async def _close_card(self, proposal: Proposal, view: TurnView, state: CardState, sentence: str) -> None:
        """Close the proposal's card on a screen: on the record of its own turn, and in its own language."""
        shown = RecordingView(view, self.log_of(proposal, Connection()), await self._agent(proposal))
        await shown.card_closed(state, retold(sentence, proposal.language), proposal=proposal.proposal_id)

    async def expire_due(self) -> None:
        """Close what has run out. Each expiry is recorded once, by whichever process swept it."""
        for proposal in await self._bank.proposals.expire_due(datetime.now(UTC)):
            await self.record_expiry(proposal)

    async def record_expiry(self, proposal: Proposal) -> None:
        """Write `approval_expired`, and tell the person if their card is still on a screen of ours."""
        log = self.log_of(proposal, Connection())
        number = proposal.proposal_id
        # Marked only once it is written: until then the reconciler finds the expiry and writes it again.
        await log.required(ApprovalExpired(proposal.tool, proposal=number))
        await self._bank.proposals.mark_recorded(number)
        if proposal.confirmed_at is None:
            await self._close_watched(proposal, EXPIRED)
        else:
            await self.tell_maker(proposal, told_to_maker(UNDECIDED))

    async def _withdrawn(self, proposal: Proposal, reason: str) -> None:
        log = self.log_of(proposal, Connection())
        number = proposal.proposal_id
        await log.best_effort(ApprovalDeclined(proposal.tool, proposal=number, reason=reason))
        await self._close_watched(proposal, _WITHDRAWN.get(reason, VOIDED))

    async def _close_watched(self, proposal: Proposal, sentence: str) -> None:
        view = await self._screen_of(proposal)
        if view is not None:
            expired = proposal.status is ProposalStatus.EXPIRED
            await self._close_card(proposal, view, "expired" if expired else "void", sentence)
        await self._tell_model(proposal.conversation_id, sentence)

    async def refused(
        self, proposal: Proposal, log: TurnLog, view: RecordingView, error: CustomerError, by: Principal
    ) -> None:
        """A press that carries nothing out: on the record as a denied decision, and told what became of it."""
        # The press may come before the sweep; the card is closed now, so that it cannot be pressed again.
        if error.code == "approval.expired":
            await self.expire_due()
        number = proposal.proposal_id
        decision = ToolDecided(
            proposal.tool, proposal.arguments, result="denied", reason=error.code, proposal=number
        )
        noted = await self.refusals.note(by, log, decision)
        status, sentence = await self._desk.told_of(number)
        if status is ProposalStatus.VOID and proposal.status in _UNDECIDED:
            # This press has found that the request does not stand any more: its card ends on every page that
            # shows it.
            withdrawn = retold(error.sentence, proposal.language)
            await view.card_closed("void", withdrawn, proposal=proposal.proposal_id)
        else:
            ended = sentence if error.code in _ENDED else None
            tell = view.message if noted else view.unrecorded
            await tell(retold(ended or error.sentence, proposal.language), kind="notice")

    async def _seal_outcome(self) -> None:
        """Have the heads signed soon after money moved; the sealer's own rounds make up for a failure."""
        try:
            await self._seal()
        except UltracoreError as error:
            logger.warning("the heads were not signed after an outcome: %s", error.code)

    async def _tell_model(self, conversation_id: str, sentence: str) -> None:
        try:
            await self._conversations.append(
                conversation_id, {"role": "assistant", "name": BANK, "content": sentence}
            )
        except UltracoreError as error:
            logger.warning("the model's history misses how a card ended: %s", error.code)

    async def _asked_by(self, proposal: Proposal) -> str:
        """The agent that showed the card first: the conversation may have another one by now."""
        try:
            events = await (await self._trail.store()).events(proposal.conversation_id)
        except UltracoreError as error:
            logger.warning("who showed a card first is not known: %s", error.code)
            events = []
        for event in events:
            told = event.metadata or {}
            if told.get("proposal") == proposal.proposal_id and "agent" in told:
                return str(told["agent"])
        return await self._agent(proposal)

    async def _agent(self, proposal: Proposal) -> str:
        """The conversation's agent, who is the author of what is said about its card."""
        try:
            owner = await self._conversations.owner(proposal.conversation_id)
        except UltracoreError:
            owner = None
        return (owner.agent if owner is not None else None) or "Anya"

    def log_of(self, proposal: Proposal, connection: Connection, *, by: Principal | None = None) -> TurnLog:
        """The proposal's own turn, written in the name of the person asked, or of the second person (`by`)."""
        acting = principal_of(proposal) if by is None else replace(by, customer_id=proposal.customer_id)
        record = ConversationRecord(self._trail, acting, proposal.conversation_id, connection)
        return TurnLog(record.turn(proposal.turn_id, proposal.reference), self._gaps.of(proposal.conversation_id))
