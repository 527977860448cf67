"""The line of a conversation in its person's list, without a server: never in the way of a turn."""

from __future__ import annotations

from tests.cache.conftest import principal
from tests.chat.memory_threads import MemoryThreads
from ultracore.chat.page import Titles, wire
from ultracore.errors import CacheUnavailable
from ultracore.principal import Principal
from ultracore.tasks import OwnedTasks

OWNER = principal()


class FaultyThreads(MemoryThreads):
    """Refuses everything while it is `down`."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False

    async def create(self, owner: Principal, thread_id: str, title: str) -> None:
        self._check()
        await super().create(owner, thread_id, title)

    async def entitle(self, owner: Principal, thread_id: str, title: str, *, by_person: bool) -> bool:
        self._check()
        return await super().entitle(owner, thread_id, title, by_person=by_person)

    async def touch(self, owner: Principal, thread_id: str) -> None:
        self._check()
        await super().touch(owner, thread_id)

    def _check(self) -> None:
        if self.down:
            raise CacheUnavailable("down", code="cache.unreachable")


def a_list() -> tuple[FaultyThreads, OwnedTasks, Titles]:
    threads, tasks = FaultyThreads(), OwnedTasks()
    return threads, tasks, Titles(lambda: threads, OWNER, tasks)


async def test_the_greeter_gives_no_title_and_an_agent_once() -> None:
    _, _, titles = a_list()
    await titles.begin("t1")
    assert await titles.named("Anya") is None
    named = await titles.named("Lending")
    assert named is not None and named[0].startswith("Lending, ") and named[1] == "t1"
    assert await titles.named("Lending") is None


async def test_another_process_goes_on_with_the_title() -> None:
    threads, tasks, titles = a_list()
    await titles.begin("t1")
    await titles.named("Lending")
    other = Titles(lambda: threads, OWNER, tasks)
    await other.resume("t1")
    assert await other.named("Lending") is None
    assert await other.named("Payments") is not None


async def test_a_card_says_more_than_the_agents_and_a_later_card_more_than_an_earlier() -> None:
    threads, tasks, titles = a_list()
    await titles.begin("t1")
    await titles.named("Payments")
    assert await titles.card_opened("1,050.00 to City Power") == ("1,050.00 to City Power", "t1")
    assert await titles.named("Lending") is None
    other = Titles(lambda: threads, OWNER, tasks)
    await other.resume("t1")
    assert await other.named("Lending") is None
    assert await other.card_opened("Freeze card") == ("Freeze card", "t1")


async def test_what_was_looked_up_first_names_a_conversation_until_a_card_does() -> None:
    threads, _, titles = a_list()
    await titles.begin("t1")
    await titles.named("Accounts")
    assert await titles.looked_up("Spending in October") == ("Spending in October", "t1")
    assert await titles.looked_up("Account balances") is None
    other = Titles(lambda: threads, OWNER, OwnedTasks())
    await other.resume("t1")
    assert (await other.looked_up("Loans"), await other.named("Lending")) == (None, None)
    assert await other.card_opened("50.00 to City Power") == ("50.00 to City Power", "t1")


async def test_no_card_replaces_a_title_of_the_person_s_own() -> None:
    threads, _, titles = a_list()
    await titles.begin("t1")
    await threads.entitle(OWNER, "t1", "Rent", by_person=True)
    assert await titles.card_opened("50.00 to City Power") is None


async def test_a_list_that_cannot_be_written_stops_nobody() -> None:
    threads, tasks, titles = a_list()
    threads.down = True
    assert (await titles.begin("t1")).startswith("Anya, ")
    assert await titles.named("Payments") is None
    titles.active()
    assert await tasks.drain(2) == 0


async def test_writing_in_a_conversation_moves_its_line_up() -> None:
    threads, tasks, titles = a_list()
    await titles.begin("t1")
    await threads.create(OWNER, "t2", "Another")
    titles.active()
    await tasks.drain(2)
    assert [one.thread_id for one in await threads.page(OWNER, 10)] == ["t1", "t2"]


def test_what_is_kept_is_masked_and_has_the_metadata_that_a_page_needs() -> None:
    step = wire.message("4111 1111 1111 1111 " + "x" * 50_000, author="Anya")
    step["metadata"] |= {"principal": "secret", "kind": "notice"}
    kept = wire.kept(step)
    assert "secret" not in str(kept) and "4111" not in str(kept) and len(kept["output"]) <= wire.LONGEST_OUTPUT
    assert kept["metadata"] == {"avatarName": "Anya", "kind": "notice"}
