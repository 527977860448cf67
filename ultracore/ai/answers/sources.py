"""What an answer may quote: figures of tool results with their owners, and apart from them what people wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from ultracore.ai.answers.dates import Durations
from ultracore.ai.answers.figures import Figure, FigureKind, figures_in

BANK: Final = "bank"
"""The name on a message of the history that the bank wrote, as a receipt. A model cannot write one."""

Owner = tuple[str, int]
"""Something with a name in a result, as an account: its family (the list it stands in) and its number."""

SENTENCES: Final = frozenset(
    "message reason finding information meaning notice method what_to_do general_advice_warning arrival "
    "day_count note "
    "explanation rule advice next_step detail summary title limit_reason reasons letter".split()
)
"""Keys under which the bank's own sentences stand. In every other text of a result words are somebody's own."""

_NAMES: Final = (
    "name account_id card_id payee_id loan_id symbol label asset_class description payee destination "
    "nickname kind "
    "reference month date due_on number"
).split()
_LAST_DIGITS: Final = frozenset(
    ("number_last_digits", "last_digits", "account_last_digits", "destination_last_digits")
)
_SHARES: Final = re.compile(r"rate|percent|share|ratio|score|weight|points|utilisation")
_IDENTIFIERS: Final = re.compile(
    r"(?:_id|_at|number|phone|bsb|symbol|receipt|reference|version|digits|card|code)$"
)
_TERMS: Final = re.compile(r"month|year|term|days|instalments")
_AMOUNT: Final = re.compile(r"[-−+]?(?:[A-Z]{3}\s)?[-−+]?\$?\d[\d,]*(?:\.\d+)?\s?%?")
_MINUS: Final = re.compile(r"(?:[A-Z]{3}\s)?[-−]")
_DATE: Final = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:[T ].*)?)?")
_MONTH_LABEL: Final = re.compile(
    r"(january|february|march|april|may|june|july|august|september|october|november|december) \d{4}"
)
_ELSEWHERE: Final = {
    "savings": ("ahorro", "ahorros", "储蓄账户", "tiết kiệm", "التوفير", "बचत"),
    "loan": ("préstamo", "préstamo personal", "贷款账户", "khoản vay", "قرض", "قرض شخصي", "ऋण"),
    "everyday": ("cuenta corriente", "日常账户"),
}
"""What accounts of a kind are called in the other languages that are routed."""

# Smaller numbers of our prompt are limits and counts, which an answer must not give as the bank's figures.
_PHONE_FROM: Final = 100_000
_SMALLEST_PRICE: Final = 5
_MOST_ASKED: Final = 3
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")
_DIGITS: Final = re.compile(r"\d+")
# The 360 of "get_customer_360" is no figure.
_NAMED_IN_CODE: Final = re.compile(r"\b\w+_\w+\b")


@dataclass(frozen=True, slots=True)
class QuotedFact:
    """A figure of a result, its kind and what it belongs to."""

    value: Decimal
    kind: FigureKind | None
    owners: frozenset[Owner] = frozenset()
    field: str = ""
    negative: bool = False
    day: date | None = None


@dataclass(frozen=True, slots=True)
class _Holder:
    """The place in a result that the reader has reached."""

    owners: frozenset[Owner] = frozenset()
    day: date | None = None


@dataclass(slots=True)
class Sources:
    """Grows with the conversation. `allow` takes a result, `said` what a person or an earlier answer wrote."""

    facts: dict[Decimal, list[QuotedFact]] = field(default_factory=dict)
    persons: set[Decimal] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)
    quoted: set[str] = field(default_factory=set)
    asked: list[Decimal] = field(default_factory=list)
    given: set[Decimal] = field(default_factory=set)
    names: dict[str, set[Owner]] = field(default_factory=dict)
    words: dict[Owner, set[str]] = field(default_factory=dict)
    durations: Durations = field(default_factory=Durations)
    results: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    sentences: set[str] = field(default_factory=set)
    fixed: dict[str, str] = field(default_factory=dict)

    def described(self, tools: Iterable[Mapping[str, Any]]) -> None:
        """What tools say of themselves, as entries of the wire. If one has answered, its fixed figures are proved,
        such as the ends of its scale; before that a model has no reason to name them.
        """
        for tool in tools:
            function = tool.get("function") or {}
            text = _NAMED_IN_CODE.sub(" ", str(function.get("description") or ""))
            if _DIGITS.search(text):
                self.fixed[str(function.get("name"))] = text

    def prompted(self, text: str) -> None:
        """Our own prompt: of its figures a phone number may be given, nothing else."""
        self.identifiers |= _phones_in(text)

    def said(self, text: str) -> None:
        """A person wrote this: its figures may be given back to them as theirs, never as the bank's."""
        figures = figures_in(text)
        amounts = (value for figure in figures if figure.kind != "term" for value in figure.values)
        self.asked = [value for value in amounts if value >= _SMALLEST_PRICE][:_MOST_ASKED]
        self.persons.update(value for figure in figures for value in figure.values)

    def told(self, text: str) -> None:
        """The bank itself wrote this, as a receipt."""
        self.receipts.append(text)
        _SourceReader(self, {}).read({"message": text})

    def allow(self, tool: str, content: Mapping[str, Any], arguments_json: str = "") -> None:
        """A tool's result. What it only gives back of the call's arguments is still the person's own."""
        given = _arguments(arguments_json)
        for value in given.values():
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            self.given |= _figure_values(text)
        self.persons |= self.given
        self.durations.read(content)
        self.results.append((tool, content))
        for figure in figures_in(self.fixed.pop(tool, "")):
            for value in figure.values:
                self.add(QuotedFact(value, figure.kind))
        reader = _SourceReader(self, given)
        reader.read(content)

    def add(self, fact: QuotedFact) -> None:
        """A fact of the bank's."""
        self.facts.setdefault(fact.value, []).append(fact)

    def of(self, figure: Figure) -> list[QuotedFact]:
        """The facts that a figure may be: the same value, of a kind that fits."""
        found = [fact for value in figure.values for fact in self._near(figure, value)]
        return [fact for fact in found if _fits(figure.kind, fact.kind)]

    def _near(self, figure: Figure, value: Decimal) -> Iterator[QuotedFact]:
        yield from self.facts.get(value, ())
        if figure.kind == "percent":
            yield from self.facts.get(value / 100, ())
        if figure.kind == "term":
            # "2 years" of a loan that runs for 24 months.
            yield from self.facts.get(value * 12, ())


def _fits(asked: FigureKind, given: FigureKind | None) -> bool:
    if given is None or asked == "plain":
        return True
    return asked == given


def _arguments(arguments_json: str) -> dict[str, Any]:
    try:
        found = json.loads(arguments_json or "{}", parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class _SourceReader:
    """Reads one result into the sources."""

    def __init__(self, sources: Sources, given: Mapping[str, Any]) -> None:
        self._sources = sources
        self._given = {name: _figure_values(str(value)) for name, value in given.items()}

    def read(self, content: Mapping[str, Any]) -> None:
        self._object("result", content, _Holder())

    def _object(self, family: str, content: Mapping[str, Any], place: _Holder) -> None:
        place = _Holder(place.owners | self._owners(family, content), _day_of(content) or place.day)
        for name, value in content.items():
            self._value(str(name), value, place)

    def _value(self, name: str, value: object, place: _Holder) -> None:
        match value:
            case Mapping():
                self._object(name, value, place)
            case str():
                self._text(name, value, place)
            case bool() | None:
                return
            case int() | float() | Decimal():
                self._number(name, Decimal(str(value)), place, whole=isinstance(value, int))
            case Sequence():
                for item in value:
                    self._value(name, item, place)

    def _owners(self, family: str, content: Mapping[str, Any]) -> frozenset[Owner]:
        """What the figures of an object belong to: the object, and for an entry also the account it stands on."""
        found = {self._owner(family, content)}
        if _day_of(content) is not None and isinstance(content.get("account_id"), str):
            found.add(("accounts", hash(content["account_id"])))
        return frozenset(owner for owner in found if owner is not None)

    def _owner(self, family: str, content: Mapping[str, Any]) -> Owner | None:
        """The names under which a figure of this object would be asked for."""
        found = [str(content[name]) for name in _NAMES if isinstance(content.get(name), str)]
        found += [str(content[name]) for name in _LAST_DIGITS if content.get(name)]
        if not found or (family == "result" and not any(name in content for name in _LAST_DIGITS)):
            return None
        owner = _owner_of(family, content, found)
        for name in found:
            self._name(name.casefold(), owner)
        for name in _ELSEWHERE.get(str(content.get("kind")), ()) if owner[0] == "accounts" else ():
            self._name(name, owner)
        return owner

    def _name(self, name: str, owner: Owner) -> None:
        self._sources.names.setdefault(name, set()).add(owner)
        self._sources.words.setdefault(owner, set()).update(stems(name))
        if month := _MONTH_LABEL.fullmatch(name):
            self._sources.names.setdefault(month[1], set()).add(owner)

    def _text(self, name: str, text: str, place: _Holder) -> None:
        if name in _LAST_DIGITS:
            self._sources.identifiers.add(text)
        elif _DATE.fullmatch(text):
            self._sources.identifiers.update(_DIGITS.findall(text))
        elif _AMOUNT.fullmatch(text):
            for value in _figure_values(text):
                fact = QuotedFact(value, kind_of(name, whole="." not in text), negative=bool(_MINUS.match(text)))
                self._fact(name, fact, place)
        elif name in SENTENCES:
            self._sentence(text, place.owners)
        elif _IDENTIFIERS.search(name):
            self._sources.identifiers.update(_DIGITS.findall(text))
            self._sources.identifiers.add("".join(_DIGITS.findall(text)))
        elif _DIGITS.search(text) and _WORDS.search(text):
            self._sources.quoted.add(" ".join(text.casefold().split()))

    def _sentence(self, text: str, owners: frozenset[Owner]) -> None:
        """A sentence of the bank's, in which a name that somebody gave may stand."""
        folded = text.casefold()
        self._sources.sentences.add(" ".join(folded.split()).rstrip("."))
        # Without people's own texts: a payee called "balance 9,000" must not make 9,000 a figure of the bank's.
        for quoted in self._sources.quoted:
            folded = folded.replace(quoted, "")
        for figure in figures_in(folded):
            kind = None if figure.kind == "plain" else figure.kind
            for value in figure.values:
                self._sources.add(QuotedFact(value, kind, owners))
        self._sources.identifiers.update(_DIGITS.findall(folded))

    def _number(self, name: str, value: Decimal, place: _Holder, *, whole: bool) -> None:
        kind = kind_of(name, whole=whole)
        kind = "plain" if whole and kind == "money" else kind
        self._fact(name, QuotedFact(abs(value), kind, negative=value < 0), place)

    def _fact(self, name: str, fact: QuotedFact, place: _Holder) -> None:
        if fact.value in self._given.get(name, ()):
            self._sources.persons.add(fact.value)
        else:
            self._sources.add(replace(fact, owners=place.owners, field=name, day=place.day))


def _owner_of(family: str, content: Mapping[str, Any], names: Sequence[str]) -> Owner:
    """An account is the same one in whichever result it stands. An entry on an account is something else."""
    if "account_id" in content and _day_of(content) is None:
        return "accounts", hash(str(content["account_id"]))
    return ("cards" if "card_id" in content else family), hash(tuple(names))


def _day_of(content: Mapping[str, Any]) -> date | None:
    """The day of an entry."""
    for name in ("date", "due_on"):
        text = content.get(name)
        if isinstance(text, str) and _DATE.fullmatch(text) and len(text) >= 10:
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                return None
    return None


def stems(text: str) -> Iterator[str]:
    """The words of a text that may stand for a name, without the mark of the plural."""
    for match in _LONG_WORD.finditer(text.casefold()):
        yield match.group().removesuffix("s")


def kind_of(name: str, *, whole: bool) -> FigureKind | None:
    """What a number under this key of a result is; None if it may be anything."""
    if name == "rate":
        return None
    if name.endswith("score"):
        return "plain" if whole else None
    if _SHARES.search(name):
        return "percent"
    if _TERMS.search(name):
        return "term" if whole else None
    return "plain" if name in ("units", "count", "number") else "money"


# A prompt is read at each turn of its agent, and holds no words of a person.
@lru_cache(maxsize=64)
def _phones_in(prompt: str) -> frozenset[str]:
    phones = (
        figure
        for figure in figures_in(prompt)
        if figure.kind == "plain" and all(value >= _PHONE_FROM for value in figure.values)
    )
    return frozenset(str(int(value)) for figure in phones for value in figure.values)


def _figure_values(text: str) -> frozenset[Decimal]:
    return frozenset(value for figure in figures_in(text) for value in figure.values)


def conversation(messages: Iterable[Mapping[str, Any]], sources: Sources) -> None:
    """Read what was said and looked up before: messages of the wire, oldest first."""
    calls: dict[str, Mapping[str, Any]] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            calls[str(call.get("id"))] = call.get("function") or {}
        content = message.get("content")
        if not isinstance(content, str):
            continue
        if message.get("role") == "tool":
            _result(content, calls.get(str(message.get("tool_call_id")), {}), sources)
        elif message.get("name") == BANK:
            sources.told(content)
        # An earlier answer is no source: a figure that got through by mistake must not prove itself later.
        elif message.get("role") in ("user", "assistant"):
            sources.said(content)


def _result(content: str, function: Mapping[str, Any], sources: Sources) -> None:
    try:
        # As they are written: a float cannot hold every amount, and the figure would no longer be found.
        found = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError):
        return
    if isinstance(found, dict):
        sources.allow(str(function.get("name", "")), found, str(function.get("arguments", "")))
