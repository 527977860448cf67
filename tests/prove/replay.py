"""Generated conversations: what stood on the page, masked, is the customer's projection of the record.

Each run is one conversation of several messages with the whole runtime, the model scripted over HTTP; every
twelfth is a member of staff whose requests a supervisor decides on.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from tests.ai.screen import BROWSER, principal, staff
from tests.prove.replay_page import Item, Page, of_replay
from tests.prove.replay_script import Act, Teller
from tests.prove.seeds import Failed, each
from tests.support.deadlines import PATIENCE
from tests.support.scripted_model import ScriptedModel, ScriptedRequest, Step, say
from ultracore.ai.conversation.intake import read_message
from ultracore.ai.screen import Inbound, Press
from ultracore.audit import AuditEvent
from ultracore.audit.replay import ConversationReplay
from ultracore.container import App, core, open_app
from ultracore.errors import UltracoreError
from ultracore.identity import Actor, NewLogin
from ultracore.principal import Principal, Role
from ultracore.settings import Settings

FULL_RUNS = 200
PEOPLE = (("customer1", "cust_1", "acc_1"), ("customer2", "cust_2", "acc_3"), ("customer3", "cust_3", "acc_5"))
APPROVAL_SECONDS = 2
LIMIT = 9
OPERATOR = Actor(name="operator:prove", tenant_id=None)


@dataclass
class Script:
    """The steps of the model for the message that is being answered."""

    steps: list[Step] = field(default_factory=list)

    def next(self, request: ScriptedRequest) -> Step:
        """The next step; what was not foreseen is answered in words."""
        return self.steps.pop(0) if self.steps else say("That is all.")


@dataclass
class Talk:
    """One person with one conversation and one page."""

    app: App
    script: Script
    who: Principal
    conversation_id: str
    page: Page = field(default_factory=Page)
    said: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def begin(cls, app: App, script: Script, who: Principal) -> Talk:
        """Sign in and greet."""
        await app.logins.create(who)
        greeting = await app.desk.begin(who.login_id, BROWSER)
        talk = cls(app, script, who, greeting.conversation_id)
        talk.page.items = [Item("Anya", "greeting", greeting.text), Item("Anya", "notice", greeting.notice)]
        talk.page.items += [Item("Anya", "notice", notice) for notice in greeting.notices]
        return talk

    async def perform(self, act: Act, rng: random.Random) -> None:
        """One message with what follows it."""
        self.said[act.name] += 1
        self.script.steps, self.page.cards, self.page.choices = list(act.steps), [], []
        message_id, before = str(uuid4()), len(self.page.items)
        turn = asyncio.create_task(self._send(act.text, message_id))
        if act.then == "stop within":
            await asyncio.sleep(rng.uniform(0.0, 0.15))
            await self.app.desk.stop(self.who.login_id, self.conversation_id)
        elif act.then == "return within":
            await asyncio.sleep(rng.uniform(0.0, 0.1))
            await self._come_back()
        await turn
        self._took(act, before)
        if act.then == "same id":
            await self._send(act.text, message_id)
        await self._follow(act.then)

    def _took(self, act: Act, before: int) -> None:
        """The person's own words stand above the answer, unless the message was refused."""
        refused = any(item.text.startswith("That was a lot of messages") for item in self.page.items[before:])
        if act.taken and not refused:
            self.page.items.insert(before, Item(self.who.user_id, "message", read_message(act.text)))
        elif refused:
            self.said["rate limited"] += 1

    async def _send(self, text: str, message_id: str) -> None:
        inbound = Inbound(self.who.login_id, self.conversation_id, message_id, text, BROWSER)
        await self.app.desk.message(inbound, self.page.view())

    async def _come_back(self) -> None:
        await self.app.desk.resume(self.who.login_id, self.conversation_id, self.page.view())

    async def _follow(self, then: str) -> None:
        if then == "choose":
            await self._choose()
        elif then == "press nothing":
            await self._press("apr_nothing", approve=True)
        elif self.page.cards:
            await self._with_card(then)

    async def decide(self, *, approve: bool) -> None:
        """Press the card that is there."""
        await self._press(self.page.cards[-1].approval_id, approve=approve)

    async def _choose(self) -> None:
        """Press the first answer of the question, and once more when it is gone."""
        for key in self.page.choices[:1] * 2:
            before = len(self.page.items)
            view = self.page.view()
            await self.app.desk.choose(self.who.login_id, self.conversation_id, key, BROWSER, view)
            shown = self.page.items[before:]
            gone = any("no longer have the question" in item.text for item in shown)
            if not gone and not any("a lot of messages" in item.text for item in shown):
                self.page.items.insert(before, Item(self.who.user_id, "message", key))

    async def _press(self, approval_id: str, *, approve: bool) -> None:
        press = Press(self.who.login_id, self.conversation_id, approval_id, approve, BROWSER)
        await self.app.desk.press(press, self.page.view())

    async def _with_card(self, then: str) -> None:
        card = self.page.cards[-1]
        if then in ("approve", "decline", "twice"):
            await self._press(card.approval_id, approve=then != "decline")
            self.said[f"card: {then}"] += 1
        if then == "twice":
            await self._press(card.approval_id, approve=True)
        elif then == "stop":
            await self.app.desk.stop(self.who.login_id, self.conversation_id)
        elif then == "return":
            await self._come_back()
            await self._press(self.page.cards[-1].approval_id, approve=True)
        elif then == "expire":
            await self._until_closed()

    async def _until_closed(self) -> None:
        """The sweep closes a card that nobody pressed."""
        self.said["card: expire"] += 1
        count, deadline = len(self.page.items), time.monotonic() + PATIENCE
        while len(self.page.items) == count:
            assert time.monotonic() < deadline, "the sweep did not close a card"
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Leave nothing open that would be drawn while the page is compared."""
        await self.app.desk.stop(self.who.login_id, self.conversation_id)

    async def events(self) -> list[AuditEvent]:
        """The conversation's record."""
        return await (await self.app.trail.store()).events(self.conversation_id)


async def run(runs: int, seed: int) -> str:
    """The proof."""
    figures: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    conversations = 0
    async with _opened() as (app, script):
        for one in each(runs, seed):
            for talk in await _one(app, script, random.Random(one), two_persons=one % 12 == 11):  # noqa: S311 - seeded on purpose
                figures.update(talk.said)
                kinds.update(await _compare(talk, one))
                conversations += 1
    told = ", ".join(f"{count} {name}" for name, count in sorted(figures.items()))
    items = ", ".join(f"{count} {name}" for name, count in sorted(kinds.items()))
    return f"{conversations} conversations, {kinds.total()} items, 0 differences; items: {items}; acts: {told}"


@asynccontextmanager
async def _opened() -> AsyncIterator[tuple[App, Script]]:
    script = Script()
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="ultracore-replay-"))
    try:
        with ScriptedModel(handler=script.next) as model:
            settings = Settings(
                redis_call_seconds=5,
                data_dir=folder,
                openai_base_url=model.base_url,
                approval_seconds=APPROVAL_SECONDS,
                messages_per_minute=LIMIT,
            )
            async with core(settings):
                pass
            async with open_app(settings) as app:
                yield app, script
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _one(app: App, script: Script, rng: random.Random, *, two_persons: bool) -> list[Talk]:
    if two_persons:
        return await _two_persons(app, script, rng)
    user, customer, account = rng.choice(PEOPLE)
    talk = await Talk.begin(app, script, await _person(app, user, customer))
    teller = Teller(rng, account)
    for _ in range(rng.choice((3, 4, 5, 6, 12))):
        await talk.perform(teller.act(), rng)
    await talk.close()
    return [talk]


async def _person(app: App, user: str, customer: str) -> Principal:
    """A customer under a login of their own: limits are a person's."""
    login = f"{user}_{uuid4().hex[:8]}"
    roles = frozenset({Role.CUSTOMER})
    new = NewLogin(login=login, tenant_id="tenant_1", roles=roles, name="Alex Morgan", customer_id=customer)
    # Each use of a session asks the ledger for the login, and ends a session whose login is not there.
    await app.admin_parts.identity.administration.add(OPERATOR, new)
    return principal(login, customer)


async def _two_persons(app: App, script: Script, rng: random.Random) -> list[Talk]:
    """A teller proposes for a customer and confirms; a supervisor looks and decides."""
    maker, checker = staff("teller1", Role.TELLER), staff("supervisor1", Role.SUPERVISOR)
    asked, decides = await Talk.begin(app, script, maker), await Talk.begin(app, script, checker)
    acts = Teller(rng, "acc_1", customer=False)
    wanted = replace(acts.act(), name="two persons", text="Transfer 20 dollars to City Power for cust_1")
    await asked.perform(replace(wanted, steps=(acts.transfer(),), then="approve", taken=True), rng)
    await decides.perform(Act("requests", "/requests"), rng)
    if decides.page.choices:
        key = decides.page.choices[0]
        before = len(decides.page.items)
        await app.desk.choose(checker.login_id, decides.conversation_id, key, BROWSER, decides.page.view())
        decides.page.items.insert(before, Item(checker.user_id, "message", key))
    if decides.page.cards:
        await decides.decide(approve=rng.random() < 0.7)
    await asked.close()
    return [asked, decides]


async def _compare(talk: Talk, seed: int) -> Counter[str]:
    """How many items of each kind there are. Raises `Failed` with the first that the record has otherwise."""
    events = await talk.events()
    random.Random(seed).shuffle(events)  # noqa: S311 - seeded on purpose
    try:
        shown = ConversationReplay.of([*events, *events[:3]])
    except (UltracoreError, ValueError) as error:
        raise Failed(f"{talk.conversation_id} cannot be replayed: {error}", seed) from error
    there, told = talk.page.shown(), [of_replay(item) for item in shown.items]
    for place, (on_page, on_record) in enumerate(zip(there, told, strict=False)):
        if on_page != on_record:
            raise Failed(f"item {place} on the page: {on_page}\non the record: {on_record}", seed)
    if len(there) != len(told):
        rest = (there + told)[min(len(there), len(told)) :][:3] if len(told) > len(there) else there[len(told) :]
        raise Failed(f"{len(there)} items on the page, {len(told)} on the record; from: {rest}", seed)
    return Counter(f"{one.kind} (interrupted)" if one.interrupted else one.kind for one in shown.items)
