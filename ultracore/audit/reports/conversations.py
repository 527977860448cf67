"""What conversations of a period were like, counted from the clear part of the record: no envelope is opened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from ultracore.audit.events import AuditEventType, as_utc, read_time, wire_time
from ultracore.audit.reports.facts import FactFilter, RecordedFact, by_day, facts
from ultracore.audit.trail import AuditTrail

AGAIN_WITHIN: Final = timedelta(hours=24)
PERSON: Final = "person"
_OUT_OF_SCOPE: Final = "out_of_scope"
_TYPES: Final = frozenset(
    {
        AuditEventType.USER_MESSAGE,
        AuditEventType.SESSION_ROUTED,
        AuditEventType.ASSISTANT_MESSAGE,
        AuditEventType.HANDOFF_REQUESTED,
        AuditEventType.TOOL_DECIDED,
        AuditEventType.TOOL_EXECUTED,
        AuditEventType.TURN_FAILED,
        AuditEventType.FEEDBACK_GIVEN,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFigures:
    """The answers of one agent by one model under one prompt; seconds are until their first piece was shown."""

    agent: str
    model: str
    prompt_version: str
    answers: int
    tokens: int
    cost: Decimal
    median_seconds: float | None
    slowest_seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFigures:
    """What became of a tool's calls."""

    tool: str
    done: int
    failed: int
    unknown: int
    denied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingFigures:
    """How the answers of one agent were rated; the last rating of an answer counts."""

    agent: str
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class UnmetRequest:
    """Something that people did not get: `kind` is `refused`, `failed` or `out_of_scope`, `what` a tool."""

    kind: str
    what: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFigures:
    """See `docs/reports.md` for what counts, and when."""

    conversations: int
    messages: int
    contained: int
    asked_for_person: int
    with_failure: int
    came_back: int
    by_day: Mapping[str, int]
    hand_overs: Mapping[str, int]
    languages: Mapping[str, int]
    answers: Sequence[AnswerFigures]
    tools: Sequence[ToolFigures]
    ratings: Sequence[RatingFigures]
    unmet: Sequence[UnmetRequest]


@dataclass(slots=True)
class _Talk:
    """One conversation as far as it was read."""

    user: str | None = None
    subject: str | None = None
    began_at: str = ""
    ended_at: str = ""
    messages: int = 0
    asked: bool = False
    failed: bool = False


@dataclass(slots=True)
class _Heap:
    """The figures while they grow."""

    talks: dict[str, _Talk] = field(default_factory=lambda: defaultdict(_Talk))
    asked_at: dict[tuple[str | None, str | None], str] = field(default_factory=dict)
    answers: dict[tuple[str, str, str], list[RecordedFact]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[tuple[str, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    tools: Counter[tuple[str, str]] = field(default_factory=Counter)
    hand_overs: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    unmet: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    ratings: dict[str, tuple[str, str]] = field(default_factory=dict)

    def add(self, fact: RecordedFact) -> None:
        talk = self.talks[fact.stream_id or ""]
        match fact.event_type:
            case AuditEventType.USER_MESSAGE:
                self._message(talk, fact)
            case AuditEventType.SESSION_ROUTED:
                self._routed(talk, fact)
            case AuditEventType.ASSISTANT_MESSAGE:
                self._answer(fact)
            case AuditEventType.HANDOFF_REQUESTED:
                self._hand_over(talk, fact)
            case AuditEventType.TOOL_DECIDED if fact.result == "denied":
                self.tools[_tool(fact), "denied"] += 1
                self.unmet["refused", _tool(fact), _code(fact)] += 1
            case AuditEventType.TOOL_EXECUTED:
                self.tools[_tool(fact), fact.result or "unknown"] += 1
            case AuditEventType.TURN_FAILED:
                talk.failed = True
                self.unmet["failed", "", _code(fact)] += 1
            case AuditEventType.FEEDBACK_GIVEN:
                self.ratings[str(fact.told("rated"))] = (str(fact.told("agent")), str(fact.told("rating")))

    def _message(self, talk: _Talk, fact: RecordedFact) -> None:
        if not talk.messages:
            talk.user, talk.began_at = fact.user_id, fact.timestamp
        talk.messages += 1
        talk.ended_at = fact.timestamp
        self.asked_at.setdefault((fact.stream_id, fact.turn_id), fact.timestamp)

    def _routed(self, talk: _Talk, fact: RecordedFact) -> None:
        label = str(fact.told("label"))
        talk.subject = talk.subject or label
        if label == _OUT_OF_SCOPE:
            self.unmet[_OUT_OF_SCOPE, "", ""] += 1

    def _hand_over(self, talk: _Talk, fact: RecordedFact) -> None:
        if fact.told("target") == PERSON:
            talk.asked = True
        else:
            self.hand_overs[f"{fact.told('source')} → {fact.told('target')}"] += 1

    def _answer(self, fact: RecordedFact) -> None:
        if fact.told("kind") != "answer":
            return
        key = (str(fact.told("agent")), str(fact.told("model") or "-"), str(fact.told("prompt_version") or "-"))
        self.answers[key].append(fact)
        self.languages[str(fact.told("language") or "-")] += 1
        # The first answer of a turn ends the wait; it is taken out, so that a second one does not count.
        asked = self.asked_at.pop((fact.stream_id, fact.turn_id), None)
        if asked is not None:
            began = read_time(str(fact.told("began_at") or fact.timestamp))
            self.waits[key].append(max(0.0, (began - read_time(asked)).total_seconds()))


class ConversationReporter:
    """Figures over a tenant's conversations from `since` (inclusive) to `until` (exclusive)."""

    def __init__(self, trail: AuditTrail) -> None:
        self._trail = trail

    async def figures(self, tenant_id: str, since: datetime, until: datetime) -> ConversationFigures:
        """Raises `AuditUnavailable` if the record cannot be read, or an event of it was altered."""
        start, end = as_utc(since), as_utc(until)
        # A day more, because whether somebody came back with the same subject is known only then.
        wanted = FactFilter(tenant_id, _TYPES, start, end + AGAIN_WITHIN)
        store = await self._trail.store()
        return await store.read(lambda reader: _figures(facts(reader, wanted, lambda _: False), wire_time(end)))


def _figures(found: Iterable[RecordedFact], end: str) -> ConversationFigures:
    heap, later = _Heap(), _Heap()
    for fact in found:
        if fact.stream_id is not None and not fact.stream_id.startswith("system:"):
            (heap if fact.timestamp < end else later).add(fact)
    talks = {name: talk for name, talk in heap.talks.items() if talk.messages}
    after = [talk for name, talk in later.talks.items() if talk.messages and name not in talks]
    back = _came_back([*talks.values()], after)
    kept = [talk for talk in talks.values() if not (talk.asked or talk.failed or id(talk) in back)]
    return ConversationFigures(
        conversations=len(talks),
        messages=sum(talk.messages for talk in talks.values()),
        contained=len(kept),
        asked_for_person=sum(talk.asked for talk in talks.values()),
        with_failure=sum(talk.failed for talk in talks.values()),
        came_back=len(back),
        by_day=by_day(talk.began_at for talk in talks.values()),
        hand_overs=dict(heap.hand_overs.most_common()),
        languages=dict(heap.languages.most_common()),
        answers=_answers(heap),
        tools=_tools(heap.tools),
        ratings=_ratings(heap.ratings),
        unmet=[UnmetRequest(*key, count) for key, count in heap.unmet.most_common()],
    )


def _came_back(talks: Sequence[_Talk], after: Sequence[_Talk]) -> set[int]:
    """The conversations whose person began another one on the same subject within a day."""
    of_person: dict[tuple[str | None, str | None], list[_Talk]] = defaultdict(list)
    for talk in [*talks, *after]:
        of_person[talk.user, talk.subject].append(talk)
    found: set[int] = set()
    for (_, subject), same in of_person.items():
        same.sort(key=lambda talk: talk.began_at)
        for one, following in pairwise(same):
            gap = read_time(following.began_at) - read_time(one.ended_at)
            if subject is not None and gap <= AGAIN_WITHIN:
                found.add(id(one))
    return found & {id(talk) for talk in talks}


def _answers(heap: _Heap) -> list[AnswerFigures]:
    made = [_answer_figures(key, heap.answers[key], sorted(heap.waits[key])) for key in sorted(heap.answers)]
    return sorted(made, key=lambda one: -one.answers)


def _answer_figures(
    key: tuple[str, str, str], given: Sequence[RecordedFact], waits: Sequence[float]
) -> AnswerFigures:
    agent, model, prompt_version = key
    return AnswerFigures(
        agent=agent,
        model=model,
        prompt_version=prompt_version,
        answers=len(given),
        tokens=sum(int(fact.told("tokens") or 0) for fact in given),
        cost=sum((Decimal(str(fact.told("cost") or 0)) for fact in given), Decimal(0)),
        median_seconds=waits[len(waits) // 2] if waits else None,
        slowest_seconds=waits[-1] if waits else None,
    )


def _tools(counted: Counter[tuple[str, str]]) -> list[ToolFigures]:
    names = sorted({tool for tool, _ in counted})
    made = [
        ToolFigures(
            tool=name,
            done=counted[name, "success"],
            failed=counted[name, "failure"],
            unknown=counted[name, "unknown"],
            denied=counted[name, "denied"],
        )
        for name in names
    ]
    return sorted(made, key=lambda one: -(one.done + one.failed + one.unknown + one.denied))


def _ratings(given: Mapping[str, tuple[str, str]]) -> list[RatingFigures]:
    counted = Counter(given.values())
    agents = sorted({agent for agent, _ in counted})
    return [RatingFigures(agent=one, good=counted[one, "good"], bad=counted[one, "bad"]) for one in agents]


def _tool(fact: RecordedFact) -> str:
    return str(fact.told("tool") or fact.action)


def _code(fact: RecordedFact) -> str:
    return str(fact.told("reason") or "-")


def as_json(figures: ConversationFigures) -> dict[str, Any]:
    """The figures as JSON-able values; money is a string."""
    made = {name: getattr(figures, name) for name in ConversationFigures.__slots__}
    for name in ("answers", "tools", "ratings", "unmet"):
        made[name] = [{key: _plain(getattr(one, key)) for key in type(one).__slots__} for one in made[name]]
    return made


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value
