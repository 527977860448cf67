"""The one composition root: opens, yields, drains and closes everything.

`open_core` is what needs no Redis and no model: the bank, the record, the tools. `open_app` adds the rest and the
background workers, in the order in which they depend on each other, and takes them down in reverse.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from uuid import uuid4

from prometheus_client import REGISTRY

from ultracore.admin import AdminParts
from ultracore.ai.agents import Receptionist, TurnRunner
from ultracore.ai.approvals import ApprovalDesk, PasskeyProofs, StepUps
from ultracore.ai.care import CareBook, CareDesk, read_care_file
from ultracore.ai.conversation import (
    Admission,
    AgentChoice,
    AgentTools,
    AnswerRatings,
    Apologies,
    CareFirst,
    ConversationService,
    CutAnswers,
    Decisions,
    Desks,
    Dialogue,
    Housekeeping,
    Messages,
    Openings,
    Owners,
    TurnEndings,
    TurnQueue,
    Turns,
)
from ultracore.ai.model import BudgetedModel, ChatModel, TimedModel
from ultracore.ai.persons import Persons
from ultracore.ai.presses import LOOK_SECONDS, Presses, Reconciler, SecondPersons
from ultracore.ai.profiles import PROFILES
from ultracore.ai.programs import ProgramsRequests
from ultracore.ai.recall import OwnWords, Recall
from ultracore.ai.recording import GapBook
from ultracore.ai.routing import Router
from ultracore.ai.screen import ConversationDesk
from ultracore.ai.staff import NamedCustomers, Requests, Supervision
from ultracore.ai.tools import Proposer, ToolRegistry, grants_of
from ultracore.ai.tools.toolset import TOOLS
from ultracore.alerts import open_alerts
from ultracore.audit import AuditStore, AuditTrail, SubjectSeals, note_policy
from ultracore.audit.defaults import master_key, open_store
from ultracore.audit.heads import HeadSealer
from ultracore.audit.index import IndexService
from ultracore.audit.masking import mask
from ultracore.audit.reports import Viewings
from ultracore.banking import Bank
from ultracore.banking.access import Standings
from ultracore.banking.defaults import open_bank, renew_demo_passwords
from ultracore.banking.proposals import Proven
from ultracore.cache import CacheManager, CacheMetrics, RedisCache, RedisClient
from ultracore.cache.defaults import cache_secret, configured_endpoint
from ultracore.cache.derived import DerivedCache, Preloader
from ultracore.cache.server.service import EmbeddedRedis
from ultracore.cache.stores import (
    ConversationLogs,
    Conversations,
    LoginSessions,
    LoginThrottle,
    PageBindings,
    RuntimeStores,
    SessionLimits,
    SocketBindings,
    Threads,
)
from ultracore.compliance import AGAIN_SECONDS, FIRST_SECONDS, ComplianceChecks, DailyChecks
from ultracore.desk import DeskParts, open_desk, waiting_room
from ultracore.documents import DocumentParts
from ultracore.errors import UltracoreError
from ultracore.identity import (
    IdentityServices,
    Passkeys,
    RelyingParty,
    SecondFactors,
    Vault,
    enrol_demo_login,
    open_post,
)
from ultracore.mail import read_mail_server
from ultracore.models import open_model
from ultracore.observability import Metrics, install_redaction
from ultracore.oidc import open_sign_on
from ultracore.principal import Connection, Principal
from ultracore.privacy import SubjectAccess, finish_erasures
from ultracore.publishing import start_index, start_publishing
from ultracore.settings import Settings
from ultracore.tasks import OwnedTasks, RepeatedTask
from ultracore.widget import Widget, read_hosts
from ultracore.widget.visitors import VisitorDesk
from ultracore.zone import use_time_zone

# Within the six seconds that the chat gives to closing; a payment takes milliseconds.
DRAIN_SECONDS = 5.0
# A probe wants an answer within a few seconds; a dependency that hangs must not hang the probe.
HEALTH_SECONDS = 2.0
MOST_PRELOADED = 100  # People who are signed in at a start; the rest load what they ask for.


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """The bank, the record and the tools."""

    settings: Settings
    bank: Bank
    store: AuditStore
    trail: AuditTrail
    tasks: OwnedTasks
    registry: ToolRegistry
    approvals: ApprovalDesk
    keeper: AsyncExitStack | None = None
    """For a core that is never closed: if the stack were collected, it would close bank and record."""


async def open_core(settings: Settings) -> Core:
    """Open bank and record; for programs that keep them as long as they run."""
    stack = AsyncExitStack()
    return replace(await stack.enter_async_context(core(settings)), keeper=stack)


@asynccontextmanager
async def core(settings: Settings) -> AsyncIterator[Core]:
    """Open bank and record, seed the demo world if there is none, close both at the end."""
    use_time_zone(settings.time_zone)
    async with AsyncExitStack() as stack:
        settings.data_path.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = await open_store(settings)
        stack.push_async_callback(store.close)
        # After the store, whose key seals the bank's proposals.
        bank, _ = await open_bank(settings, digest=store.digest, grants=grants_of(TOOLS, PROFILES))
        stack.push_async_callback(bank.close)
        tasks = OwnedTasks()
        proposer = Proposer(bank, store.digest, settings.approval_seconds)
        yield Core(
            settings=settings,
            bank=bank,
            store=store,
            trail=AuditTrail(store=store),
            tasks=tasks,
            registry=ToolRegistry(TOOLS, bank, proposer, tasks, Viewings(store)),
            approvals=ApprovalDesk(bank),
        )


def _admin(opened: Core, stores: RuntimeStores) -> AdminParts:
    identity, digest = identity_of(opened), opened.store.digest
    sign_on = open_sign_on(opened.settings, opened.bank, opened.trail, identity, digest)
    return AdminParts.over(identity, stores, opened.settings.public_address, sign_on, digest)


async def _verified(factors: SecondFactors, name: str, code: str, connection: Connection, proven: Proven) -> None:
    """A code of the app: recovery codes are for coming in, not for moving money."""
    await factors.verify(name, code, "step_up", connection, recovery=False, proven=proven)


def _passkey_proofs(passkeys: Passkeys) -> PasskeyProofs:
    async def offer(name: str, seal: str) -> str | None:
        return await passkeys.offer(name, "step_up", seal)

    async def verify(name: str, answer: str, seal: str, connection: Connection, proven: Proven) -> None:
        await passkeys.verify(name, answer, "step_up", connection, bound=seal, proven=proven)

    return PasskeyProofs(offer, verify)


async def _renew_demo(opened: Core) -> None:
    """The passwords of the demo's logins, and the one with a second factor. Does nothing in production."""
    settings = opened.settings
    await renew_demo_passwords(opened.bank, settings)
    if settings.env == "demo":
        vault, password = Vault(master_key(settings)), settings.demo_password.get_secret_value()
        await enrol_demo_login(opened.bank, vault, password)


def identity_of(opened: Core) -> IdentityServices:
    """What is done to logins. In production the command line only asks for what takes two persons."""
    settings, alone = opened.settings, opened.settings.env != "production"
    parts = opened.bank, opened.trail, settings.data_path, master_key(settings)
    party = RelyingParty.of(settings.public_address, settings.origins)
    posts = settings.smtp_url is not None
    return IdentityServices.over(*parts, operators_alone=alone, sends_mail=posts, party=party)


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The open program, as the chat sees it."""

    settings: Settings
    bank: Bank
    trail: AuditTrail
    desk: ConversationDesk
    logins: LoginSessions
    sockets: SocketBindings
    throttle: LoginThrottle
    conversations: Conversations
    threads: Threads
    logs: ConversationLogs
    pages: PageBindings
    cache: CacheManager
    index: IndexService
    subject_access: SubjectAccess
    widget: Widget | None
    desk_parts: DeskParts
    admin_parts: AdminParts
    document_parts: DocumentParts
    tasks: OwnedTasks
    checks: Mapping[str, Callable[[], Awaitable[object]]]

    @property
    def factors(self) -> SecondFactors:
        """What a sign-in asks for beside the password."""
        return self.admin_parts.identity.factors

    @property
    def passkeys(self) -> Passkeys:
        """What a sign-in takes in the place of a code."""
        return self.admin_parts.identity.passkeys

    @property
    def step_ups(self) -> StepUps:
        """The second proofs before an effect."""
        return StepUps(self.bank, partial(_verified, self.factors), _passkey_proofs(self.passkeys))

    @property
    def own_words(self) -> OwnWords:
        """A person's search over what they wrote."""
        return OwnWords(self.trail, self.index.find)

    async def health(self) -> dict[str, str]:
        """Each dependency with `ok`, or with the stable code of what is wrong."""
        names = list(self.checks)
        answers = await asyncio.gather(*(health_of(self.checks[name]) for name in names))
        return dict(zip(names, answers, strict=True))


@asynccontextmanager
async def open_app(settings: Settings, *, look_seconds: float = LOOK_SECONDS) -> AsyncIterator[App]:
    """Open everything; close it in reverse. What cannot be opened raises, with nothing left open. A card is not
    decided before it has been on its page for `look_seconds`."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(core(settings))
        await _renew_demo(opened)
        stores, cache, alone = await _open_redis(stack, opened)
        metrics = _start_observing(stack, CacheMetrics(cache, stores.client))
        _start_preloading(stack, opened.bank, stores.logins)
        client = open_model(stack, settings, metrics.model_fallbacks.inc)
        sealer, lag = start_publishing(stack, settings, opened.store, metrics)
        index, gaps = start_index(stack, settings, opened.store, metrics), GapBook()
        presses = _presses(opened, stores, sealer, gaps, metrics, look_seconds)
        service, reconciler, cut_answers = _conversations(opened, stores, client, presses, gaps, index, metrics)
        await _start_checking(stack, opened)
        await _start_housekeeping(stack, Housekeeping(presses, reconciler, cut_answers, metrics, lag), alone=alone)
        yield App(
            settings=settings,
            bank=opened.bank,
            trail=opened.trail,
            desk=service,
            logins=stores.logins,
            sockets=stores.sockets,
            throttle=stores.throttle,
            conversations=stores.conversations,
            threads=stores.threads,
            logs=stores.logs,
            pages=stores.pages,
            cache=cache,
            index=index,
            subject_access=SubjectAccess(opened.bank, opened.trail, stores.rates),
            widget=_widget(opened, stores),
            desk_parts=open_desk(stack, opened.bank, opened.trail, service.persons, index, settings.desk_dir),
            admin_parts=await _admin(opened, stores).offer_set_up(),
            document_parts=DocumentParts(opened.bank, opened.trail, stores.threads, stores.rates),
            tasks=opened.tasks,
            checks={"audit": opened.store.check, "redis": stores.check, "ledger": opened.bank.ping},
        )
        # Before anything closes: an effect that has begun ends, and its outcome gets on the record.
        await opened.tasks.drain(DRAIN_SECONDS)


async def _open_redis(stack: AsyncExitStack, opened: Core) -> tuple[RuntimeStores, CacheManager, bool]:
    """The stores, the cache, and whether this process is alone on its data, as it is with a server of its own."""
    settings, store = opened.settings, opened.store
    endpoint = configured_endpoint(settings)
    # With a server of its own no other process can hold a turn, so what is open was left by a crash.
    alone = endpoint is None
    if endpoint is None:
        endpoint = (await stack.enter_async_context(EmbeddedRedis(settings.data_path))).endpoint
    client, recall = RedisClient(endpoint, call_seconds=settings.redis_call_seconds), Recall(store)
    seals = SubjectSeals(store, master_key(settings))
    standings = Standings(opened.bank.users)
    stack.push_async_callback(standings.close)
    stores = RuntimeStores.over(
        client,
        secret=cache_secret(settings),
        seals=seals,
        name="" if alone else str(uuid4()),
        recorded=recall.threads,
        recorded_state=recall.conversation,
        standing=standings.of,
        customers=SessionLimits.of(*settings.session_lasts),
        staff=SessionLimits.of(*settings.staff_session_lasts),
    )
    stack.push_async_callback(stores.aclose)
    # A namespace that programs do not use.
    cache = CacheManager(RedisCache(client=client, namespace="derived", secret=cache_secret(settings)))
    opened.bank.derived.keeper = DerivedCache(cache, seals)
    # Before anybody can talk: what was to be erased is not shown once more.
    await finish_erasures(settings, store, opened.bank, client)
    return stores, cache, alone


def _start_preloading(stack: AsyncExitStack, bank: Bank, logins: LoginSessions) -> None:
    """Profiles are worked out ahead: now of those who are signed in, later of each who signs in."""
    preloader = Preloader()
    stack.push_async_callback(preloader.stop)

    def load(principal: Principal) -> None:
        if principal.customer_id is not None:
            preloader.start([partial(bank.risk.profile, principal.tenant_id, principal.customer_id)])

    async def load_everybody() -> None:
        for principal in await logins.living(MOST_PRELOADED):
            load(principal)

    logins.begun = load
    preloader.start([load_everybody])


def _start_observing(stack: AsyncExitStack, cache: CacheMetrics) -> Metrics:
    """Redacted log records from now on, and the app's numbers among the process's own while it is open."""
    install_redaction(mask)
    metrics = Metrics()
    # Prometheus's registry is the process's; without the callback a second app would be refused its names.
    for collector in (metrics, cache):
        REGISTRY.register(collector)
        stack.callback(REGISTRY.unregister, collector)
    return metrics


async def _start_housekeeping(stack: AsyncExitStack, housekeeping: Housekeeping, *, alone: bool) -> None:
    # The last part to be started: it closes what a crash left open, and needs all the others for that.
    await housekeeping.start(alone=alone)
    stack.push_async_callback(housekeeping.stop)


def _presses(
    opened: Core,
    stores: RuntimeStores,
    sealer: HeadSealer,
    gaps: GapBook,
    metrics: Metrics,
    look_seconds: float,
) -> Presses:
    return Presses(
        opened.bank,
        opened.trail,
        opened.approvals,
        stores.turns,
        stores.conversations,
        sealer.seal_now,
        gaps,
        stores.notices,
        metrics,
        look_seconds=look_seconds,
    )


def _conversations(
    opened: Core,
    stores: RuntimeStores,
    client: ChatModel,
    presses: Presses,
    gaps: GapBook,
    index: IndexService,
    metrics: Metrics,
) -> tuple[ConversationService, Reconciler, CutAnswers]:
    settings, trail = opened.settings, opened.trail
    second_persons = SecondPersons(opened.bank, opened.approvals, stores.logins, stores.conversations, presses)
    care = read_care_file(settings.care_file, settings.support_phone)
    desks = _desks(opened, stores, care, presses, second_persons, index)
    owners = Owners(stores.logins, stores.conversations)
    openings = Openings(
        trail,
        gaps,
        stores.notices,
        desks,
        opened.bank.ledger.login_holds,
        opened.bank.proposals.left,
        offline=settings.uses_offline_model,
    )
    cut_answers, care_first = CutAnswers(trail, stores.pieces, stores.turns), CareFirst(CareDesk(care), presses)
    choice = AgentChoice(Receptionist(Router.load()), desks, stores.conversations, stores.choices)
    model = TimedModel(BudgetedModel(client, settings.model_history_tokens), metrics)
    runner = TurnRunner(model, phones=care.numbers, fallback=settings.fallback_model)
    persons = Persons(opened.bank.cases, opened.bank.claims, trail, stores.conversations, stores.turns)
    turns = _turns(opened, owners, choice, desks, care_first, presses, runner, metrics, persons)
    queue = TurnQueue(stores.turns, owners, cut_answers, turns, opened.tasks)
    apologies, ratings = Apologies(settings.support_phone), AnswerRatings(owners, openings, care_first, trail)
    admission = Admission(stores.rates, settings.messages_per_minute, settings.support_phone)
    messages = Messages(owners, openings, admission, queue, care_first, apologies)
    decisions = Decisions(owners, openings, presses, second_persons, opened.tasks, apologies)
    reconciler = Reconciler(opened.bank, trail, opened.store, stores.notices, stores.turns, presses)
    stores.turns.after_crash = partial(_after_crash, cut_answers, reconciler)
    service = ConversationService(
        owners, openings, messages, queue, decisions, choice, care_first, persons, ratings
    )
    return service, reconciler, cut_answers


async def _after_crash(cut_answers: CutAnswers, reconciler: Reconciler, conversation_id: str) -> None:
    """Put right what a dead turn left, before the next one begins: its answer, its intents, its claims."""
    await cut_answers.recover(conversation_id)
    await reconciler.settle(conversation_id)


def _desks(
    opened: Core,
    stores: RuntimeStores,
    care: CareBook,
    presses: Presses,
    second_persons: SecondPersons,
    index: IndexService,
) -> Desks:
    access = opened.bank.access
    customers = NamedCustomers(opened.bank, stores.conversations, opened.trail)
    supervision = Supervision(opened.trail, access, index, customers.cases)
    waiting = waiting_room(opened.bank, opened.settings.desk_dir)
    return Desks(access, care, presses, customers, supervision, Requests(second_persons), waiting)


def _turns(
    opened: Core,
    owners: Owners,
    choice: AgentChoice,
    desks: Desks,
    care: CareFirst,
    presses: Presses,
    runner: TurnRunner,
    metrics: Metrics,
    persons: Persons,
) -> Turns:
    settings = opened.settings
    tools = AgentTools(opened.registry, opened.tasks, metrics, settings.support_phone, care.hours)
    endings = TurnEndings(presses, owners.conversations, metrics, opened.tasks, settings.support_phone)
    requests = ProgramsRequests(opened.bank.proposals.left, opened.registry, tools.of, owners.principal)
    return Turns(care, desks, choice, Dialogue(runner, tools, owners, presses, choice), endings, persons, requests)


async def _start_checking(stack: AsyncExitStack, opened: Core) -> None:
    """Record a policy that is new, raise alerts, send letters, and check the bank's rules once a day."""
    settings, trail, bank = opened.settings, opened.trail, opened.bank
    await note_policy(trail, bank.access.policy_version)
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret is not None else None
    open_alerts(stack, bank, trail, settings.desk_dir, (settings.webhook_url, secret))
    open_post(stack, bank, trail, read_mail_server(settings), settings.support_phone)
    daily = DailyChecks(ComplianceChecks(bank, trail), opened.store)
    checking = RepeatedTask("compliance", daily.step, retry=AGAIN_SECONDS, first=FIRST_SECONDS)
    checking.start()
    stack.push_async_callback(checking.stop)


async def health_of(check: Callable[[], Awaitable[object]]) -> str:
    """`ok`, or the stable code of what is wrong."""
    try:
        async with asyncio.timeout(HEALTH_SECONDS):
            await check()
    except UltracoreError as error:
        return error.code
    except TimeoutError:
        return "timeout"
    return "ok"


def _widget(opened: Core, stores: RuntimeStores) -> Widget | None:
    """The widget, if any site may show it. Raises `OperatorError` for hosts or keys that cannot be meant."""
    settings = opened.settings
    hosts = read_hosts(settings.widget_hosts, settings.widget_keys_file, demo=settings.env == "demo")
    if not hosts.origins:
        return None
    care = read_care_file(settings.care_file, settings.support_phone)
    visitors = VisitorDesk(hosts, opened.bank, opened.trail, CareDesk(care), opened.store.digest)
    return Widget(hosts, opened.bank, stores.logins, opened.store.digest, visitors=visitors)
