"""Judgements of conversations: by what, how they lie on the record, and how far two people agree."""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ultracore.audit import AuditEvent, AuditEventType, AuditTrail, EventFilter, StreamInfo
from ultracore.audit.store import RecordReader
from ultracore.errors import OperatorError

FILE_NAME: Final = "scorecard.toml"
MARKS: Final = (("", "not judged"), ("good", "yes"), ("bad", "no"))
MOST_READ: Final = 5_000
LONGEST_COMMENT: Final = 1_000
DEMO_CUSTOMERS: Final = ("customer1", "customer2", "customer3")
"""Who a case can be played by; what another customer has asked is asked by the first of them."""
_SHIPPED: Final = Path(__file__).parent / FILE_NAME


class Criterion(BaseModel):
    """One question of the scorecard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
    asks: Annotated[str, StringConstraints(min_length=1, max_length=80)]


class Scorecard(BaseModel):
    """What conversations are judged by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    criteria: tuple[Criterion, ...] = Field(min_length=1, max_length=12)

    def asks(self, name: str) -> str:
        """The question of that name; the name if the file does not have it any more."""
        return next((one.asks for one in self.criteria if one.name == name), name.replace("_", " "))


def read_scorecard(folder: Path | None) -> Scorecard:
    """The scorecard in a folder; the shipped one without it. Raises `OperatorError` if it cannot be used."""
    path = _SHIPPED if folder is None or not (folder / FILE_NAME).exists() else folder / FILE_NAME
    try:
        read = Scorecard.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise OperatorError(
            f"The scorecard in {path} cannot be used: {error}", code="settings.desk_dir"
        ) from error
    if len({one.name for one in read.criteria}) < len(read.criteria):
        raise OperatorError(f"Two criteria in {path} have one name.", code="settings.desk_dir")
    return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one person thought of a conversation, or of the answer that is its event number `sequence`."""

    by: str
    time: datetime
    conversation_id: str
    sequence: int | None
    marks: Mapping[str, str]
    comment: str
    erased: bool


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people who judged the same gave it the same mark."""

    criterion: str
    pairs: int
    same: int

    @property
    def percent(self) -> str:
        """With one decimal; a dash if nothing was judged twice."""
        return f"{100 * self.same / self.pairs:.1f}" if self.pairs else "-"


async def judgements(trail: AuditTrail, tenant_id: str) -> list[Judgement]:
    """A tenant's newest judgements, the newest first. Raises `AuditUnavailable`."""
    wanted = EventFilter(tenant_id=tenant_id, types=frozenset({AuditEventType.CONVERSATION_JUDGED}))

    def work(reader: RecordReader) -> list[AuditEvent]:
        return [reader.opened(one) for one in reader.select(wanted, newest_first=True, limit=MOST_READ)]

    return [_judgement(event) for event in await (await trail.store()).read(work)]


def _judgement(event: AuditEvent) -> Judgement:
    told = event.metadata or {}
    return Judgement(
        by=event.user_id or "-",
        time=event.timestamp,
        conversation_id=event.resource_id or "",
        sequence=told.get("sequence"),
        marks=dict(told.get("marks", {})),
        comment=str(told.get("comment", "")),
        erased=event.erased,
    )


def agreements(scorecard: Scorecard, given: Sequence[Judgement]) -> list[Agreement]:
    """For each criterion, over all that more than one person has judged; the last mark of each person counts."""
    last: dict[tuple[str, int | None, str], dict[str, str]] = defaultdict(dict)
    for one in sorted(given, key=lambda judgement: judgement.time):
        for asked, mark in one.marks.items():
            last[one.conversation_id, one.sequence, asked][one.by] = mark
    found = []
    for criterion in scorecard.criteria:
        of_it = [marks for (_, _, name), marks in last.items() if name == criterion.name]
        pairs = [pair for marks in of_it for pair in combinations(marks.values(), 2)]
        found.append(Agreement(criterion.asks, len(pairs), sum(one == other for one, other in pairs)))
    return found


def case_text(stream: StreamInfo, turns: Iterable[str], tools: Iterable[str], comments: Iterable[str]) -> str:
    """A case for `ultracore eval`: what was asked and which tools ran, with what was thought of it above."""
    above = "".join(f"# {' '.join(comment.split())}\n" for comment in comments)
    asked, used = (", ".join(map(_quoted, words)) for words in (turns, tools))
    person = stream.user_id if stream.user_id in DEMO_CUSTOMERS else DEMO_CUSTOMERS[0]
    name = _quoted(f"judged {stream.stream_id}")
    return f'{above}[[case]]\nname = {name}\nperson = "{person}"\nturns = [{asked}]\ntools = [{used}]\n'


def _quoted(text: str) -> str:
    """TOML's strings are JSON's, but for one character that TOML wants to be escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
