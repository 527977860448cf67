"""A tool is one file, and an agent is one file: a copy of the product gets one more of each, and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import pytest

from ultracore.ai.profiles import PROFILES, AgentProfile
from ultracore.ai.tools.discovery import find_tools
from ultracore.ai.tools.toolset import TOOLS

ROOT = Path(__file__).resolve().parents[3]
BRANCHES = '''"""The branches."""

from ultracore.ai.tools.arguments import CustomerId, TenantId
from ultracore.ai.tools.context import ToolContext
from ultracore.ai.tools.definition import ToolClass, tool
from ultracore.ai.tools.toolset.summaries import message_summary
from ultracore.principal import Role


@tool(
    tool_class=ToolClass.READ,
    agents=("Accounts",),
    roles=(Role.CUSTOMER,),
    title="Looked up the branch",
    working="Looking up the branch…",
    summary=message_summary,
)
async def get_branch(context: ToolContext, tenant_id: TenantId, customer_id: CustomerId) -> dict[str, str]:
    """Read which branch is the customer's. Use it when they ask where to go."""
    return {"message": "Your branch is in George Street."}
'''
INSURANCE = '''"""The Insurance agent."""

from ultracore.ai.profiles.profile import AgentProfile
from ultracore.principal import Role

AGENT = AgentProfile(
    domain="Insurance",
    label="insurance",
    prompt="You look after insurance.",
    roles=(Role.CUSTOMER,),
    starters=("Is my house insured?",),
    avatar="Anya",
    tools=("get_account_balance",),
)
'''
ASKED = """
import asyncio, json, sys, uuid
from pathlib import Path
from ultracore.ai.agents import system_prompt
from ultracore.ai.profiles import PROFILES, picture_of
from ultracore.ai.table import table
from ultracore.ai.tools import CallContext, CallReader
from ultracore.ai.model import ModelToolCall
from ultracore.ai.recording import TurnLog
from ultracore.audit import ConversationRecord
from ultracore.chat.page.progress import progress_of
from ultracore.container import core
from ultracore.principal import Connection, Principal, Role
from ultracore.published.tools import MCPTools
from ultracore.settings import Settings

def who(role):
    customer = "cust_1" if role is Role.CUSTOMER else None
    return Principal(tenant_id="tenant_1", user_id=f"{role.value}1", login_id="l", roles=frozenset({role}),
                     customer_id=customer)

async def call(opened, role, agent, tool, arguments):
    async def principal():
        return who(role)
    record = ConversationRecord(opened.trail, who(role), str(uuid.uuid4())).turn(str(uuid.uuid4()), "0000-0000")
    context = CallContext(principal=principal, agent=agent, conversation_id="c", log=TurnLog(record),
                          connection=Connection(), working_for=None if role is Role.CUSTOMER else "cust_1")
    asked = CallReader().read(ModelToolCall("call_1", tool, json.dumps(arguments)))
    outcome = await opened.registry.call(asked, context)
    error = outcome.content.get("error")
    return error["code"] if error else outcome.step.summary

async def main(data):
    async with core(Settings(data_dir=Path(data))) as opened:
        registry, customer = opened.registry, who(Role.CUSTOMER)
        tools = registry.for_agent("Insurance", customer)
        print(json.dumps({
            "branch": await call(opened, Role.CUSTOMER, "Accounts", "get_branch", {}),
            "branch of a teller": await call(opened, Role.TELLER, "Accounts", "get_branch", {}),
            "working": progress_of("get_branch"),
            "published": "get_branch" in MCPTools.get_tool_names(),
            "handed": await call(opened, Role.CUSTOMER, "Accounts", "hand_over", {"agent": "Insurance"}),
            "handed by a teller": await call(opened, Role.TELLER, "Accounts", "hand_over", {"agent": "Insurance"}),
            "balance": await call(
                opened, Role.CUSTOMER, "Insurance", "get_account_balance", {"account_id": "acc_1"}
            ),
            "agents": opened.bank.access.agents_of(customer),
            "tools": [tool.name for tool in tools],
            "prompt": system_prompt("Insurance", PROFILES[-1].prompt, "13 00 00").splitlines()[0],
            "starters": PROFILES[-1].starters,
            "picture": picture_of("Insurance"),
            "rows": [line for line in table().splitlines() if "get_branch" in line or "Insurance" in line],
        }))

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def told(seeded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a copy of the product with one tool and one agent more says of them."""
    place = tmp_path_factory.mktemp("copy")
    copytree(ROOT / "ultracore", place / "ultracore", ignore=ignore_patterns("__pycache__"))
    copytree(seeded_data, place / "data")
    (place / "ultracore/ai/tools/toolset/accounts/get_branch.py").write_text(BRANCHES)
    (place / "ultracore/ai/profiles/insurance.py").write_text(INSURANCE)
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(place / "data")],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_tool_in_a_file_of_its_own_runs_for_the_roles_that_it_names(told: Any) -> None:
    assert told["branch"] == "Your branch is in George Street."
    assert told["branch of a teller"] == "access.tool_not_allowed"


def test_what_is_said_about_a_tool_derives_from_its_file(told: Any) -> None:
    assert told["working"] == "Looking up the branch…"
    assert told["published"] is True
    assert "| Accounts | `get_branch` | read | customer |" in told["rows"]


def test_an_agent_in_a_file_of_its_own_is_handed_over_to_and_answers(told: Any) -> None:
    assert told["handed"] == "Handed over to the Insurance agent."
    assert told["handed by a teller"] == "access.agent_not_allowed"
    assert "2,500.00" in told["balance"]


def test_what_is_said_about_an_agent_derives_from_its_file(told: Any) -> None:
    assert told["agents"] == ["Accounts", "Lending", "Payments", "Wealth", "Security", "Insurance"]
    assert told["tools"] == ["get_account_balance", "hand_over"]
    assert told["prompt"].startswith("You are Anya, the Insurance agent of a bank's assistant.")
    assert (told["starters"], told["picture"]) == (["Is my house insured?"], "Anya")
    assert "| Insurance | `get_account_balance` | read | customer |" in told["rows"]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_a_tool_lies_in_a_file_of_its_name(tool: Any) -> None:
    place = tool.function.__module__.rsplit(".", 1)
    assert place[1] == tool.name
    assert [one.name for one in TOOLS if one.function.__module__ == tool.function.__module__] == [tool.name]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.domain)
def test_every_agent_has_a_picture_and_a_starter(profile: AgentProfile) -> None:
    picture = (profile.avatar or profile.domain).lower()
    assert (ROOT / "public" / "avatars" / f"{picture}.svg").is_file()
    assert profile.starters


def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, **files: str) -> str:
    folder = tmp_path / name / "subject"
    folder.mkdir(parents=True)
    for place in (tmp_path / name, folder):
        (place / "__init__.py").write_text("")
    for file, text in files.items():
        (folder / f"{file}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_two_tools_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "doubled_tools", one=BRANCHES, two=BRANCHES)
    with pytest.raises(TypeError, match="get_branch"):
        find_tools(name, PROFILES)


def test_a_tool_of_an_unknown_agent_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = BRANCHES.replace('agents=("Accounts",)', 'agents=("Treasury",)')
    name = package(tmp_path, monkeypatch, "treasury_tools", one=text)
    with pytest.raises(TypeError, match="Treasury"):
        find_tools(name, PROFILES)


def test_a_file_that_cannot_be_imported_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = package(tmp_path, monkeypatch, "broken_tools", one="import no_such_module")
    with pytest.raises(ModuleNotFoundError):
        find_tools(name, PROFILES)
