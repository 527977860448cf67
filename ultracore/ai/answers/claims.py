"""Sentences that say something was done. What no tool did and no receipt says may not be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ultracore.ai.answers.figures import figures_in
from ultracore.ai.answers.sentences import sentences_in
from ultracore.ai.answers.sources import Sources
from ultracore.ai.answers.tongues import foreign_claims

_VERBS: Final = {
    "money": (
        "transferred sent paid moved deposited withdrawn withdrew refunded reversed credited debited wired "
        "remitted "
        "executed scheduled processed settled reimbursed returned recovered donated"
    ),
    "approval": ("approved pre-approved preapproved granted accepted authorised authorized"),
    "card": (
        "frozen froze blocked locked unfrozen unfroze unblocked unlocked activated deactivated suspended disabled "
        "enabled cancelled canceled stopped replaced reissued ordered"
    ),
    "record": (
        "reported logged filed lodged raised recorded escalated notified alerted informed contacted forwarded "
        "submitted flagged disputed emailed called registered"
    ),
    "change": (
        "opened closed created saved added removed deleted changed updated increased decreased lowered reset "
        "waived corrected adjusted renewed issued booked arranged applied enrolled completed finalised finalized "
        "confirmed extended deferred paused upgraded downgraded linked unlinked reactivated terminated erased "
        "deactivated nominated refinanced consolidated restructured"
    ),
    "trade": "sold bought purchased redeemed rebalanced traded switched reinvested invested liquidated",
}
_KIND_OF: Final = {verb: kind for kind, verbs in _VERBS.items() for verb in verbs.split()}
_VERB: Final = "(?P<verb>" + "|".join(sorted(_KIND_OF, key=len, reverse=True)) + r")(?!\w)(?! up\b)"
_THINGS: Final = {
    "money": "transfer payment money funds refund transaction amount deposit withdrawal dollars",
    "approval": "loan application mortgage credit",
    "card": "card freeze block",
    "record": "report incident dispute complaint claim",
    "change": "account payee limit request change order",
}
_THING_OF: Final = {thing: kind for kind, things in _THINGS.items() for thing in things.split()}
_THING: Final = "(?P<thing>" + "|".join(_THING_OF) + ")s?"
_ADVERBS: Final = (
    r"(?:\s+(?:now|just|already|also|successfully|safely|fully|finally|immediately|officially|since|then|"
    r"today|instantly|both|all|even|indeed|duly|been))*"
)
_WE: Final = r"\b(?:I|we|the bank|the team|our team|Anya|my colleagues?|the system)"

# "The transfer's done" says that it is; "the customer's saved payees" says whose they are.
_BEFORE_IS: Final = (
    "it that this there all everything money card loan payment transfer account payee report request application "
    "refund deposit withdrawal"
).split()
_IS: Final = "(?:" + "|".join(f"(?<={word})" for word in _BEFORE_IS) + ")['’]s"

_BY_US: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_WE}(?:['’]ve|\s+have|\s+has|['’]m|\s+had)?{_ADVERBS}(?:\s+(?:gone|went) ahead "
        rf"and)?{_ADVERBS}\s+{_VERB}",
        rf"{_WE}(?:['’]ve|\s+have|\s+has)?{_ADVERBS}\s+(?:made|did|done|put|placed|initiated|started|"
        rf"triggered|completed|executed|finalised|carried out|set)\s+"
        rf"(?:through\s+)?(?:the|a|an|your|that|this|up)(?:\s+\w+){{0,2}}\s+{_THING}",
        rf"{_WE}(?:['’]ve|\s+have)?{_ADVERBS}\s+(?:took|taken)\s+care\s+of",
    )
)
_PASSIVE: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:\b(?:has|have|had|was|were|ha sido|han sido|got)|['’]ve|{_IS}){_ADVERBS}\s+{_VERB}",
        rf"\b(?:is|are) being\s+{_VERB}",
        rf"\byou(?:['’]re|\s+are|\s+have been|['’]ve been){_ADVERBS}\s+(?P<verb>approved|pre-approved|"
        rf"preapproved|accepted)\b",
        rf"\b{_THING}(?:\s+\S+){{0,6}}?\s+(?:(?:is|was|has been){_ADVERBS}\s+)?(?:complete|completed|"
        rf"successful|went through|gone through|is done|on (?:its|the) way|has (?:left|arrived|cleared)|has "
        rf"gone|has landed)\b",
        rf"(?:^|[.!:—–]\s*|\b(?:congratulations|great news|good news|success)\W+)(?:your |the "
        rf")?{_THING}\s+(?P<verb>approved|sent|frozen|blocked|cancelled|completed|paid|refunded|submitted|"
        rf"transferred|processed|closed|opened|confirmed|granted)\b",
        r"\b(?:it(?:['’]s| is)|that(?:['’]s| is)|consider it|all)\s+(?:all\s+)?(?:taken care of|sorted(?: "
        r"out)?|done|settled)\b",
    )
)
_STATE: Final = re.compile(
    rf"\b(?:your|the|this|that|it|its)\b[^.!?;,]{{0,60}}?\b(?:is|are){_ADVERBS}\s+{_VERB}", re.IGNORECASE
)
_CLAUSE: Final = re.compile(r"[,;:—–]|\b(?:but|and|so|because|however|though)\b", re.IGNORECASE)
_NOT_US: Final = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\bcannot|\bunable|\bwhether|\bdeny|\bwithout)\b[^,;:]*$", re.IGNORECASE
)
_NOTHING: Final = re.compile(
    r"(?:\b(?:no|nothing|none|nobody|neither|nor|not|never|without|whether|unless|nada|ningún|hardly|few)\b|"
    r"n['’]t\b)[^,;:]*$",
    re.IGNORECASE,
)
_CONDITION: Final = (
    r"\b(?:if|when|whenever|once|after|before|until|till|unless|as soon as|whether|in case|assuming|"
    r"provided(?: that)?|"
    r"suppose|where|while|since|as|si|cuando)"
)
_CONDITION_US: Final = re.compile(rf"{_CONDITION}(?:\s+(?!you\b)\w+){{0,1}}\s*$", re.IGNORECASE)
_CONDITION_IT: Final = re.compile(
    rf"{_CONDITION}(?:\s+(?!(?:you|I|we|us|me)\b)[\w'’$.,“”\"·-]+){{0,8}}\s*$", re.IGNORECASE
)
_MODAL: Final = re.compile(
    r"\b(?:must|should|would|could|might|may|will|to|can|needs? to|seems? to|appears? to|supposed to|cannot|"
    r"ought to)\s*$",
    re.IGNORECASE,
)
_GENERAL: Final = re.compile(
    r"\b(?:if|when|whenever|once|after|before|until|unless|will|would|can|could|may|might|must|only|usually|"
    r"always|normally|"
    r"generally|typically|often|sometimes|each|every|any|by default|how|what|this conversation|our "
    r"conversation|nothing|no|not|never)\b|n['’]t\b",
    re.IGNORECASE,
)
_REPORTED: Final = re.compile(
    r"\b(?:you|they|he|she|caller|message|text|email|mail|scammers?|sender|it|someone|somebody|who|which|"
    r"screen|statement|people|person)\s+"
    r"(?:\w+\s)?(?:say|says|said|claims?|claimed|tells?|told|pretends?|suggests?|writes?|wrote|asks?|asked|"
    r"think|thought|reported|mention\w*)\b",
    re.IGNORECASE,
)
_MAY_BE_SPANISH: Final = re.compile(r"\b(?:he|hemos|ha|han|fue|se)\s+\w+[aio]d[ao]s?\b", re.IGNORECASE)
_QUOTES: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|(?<!\w)‘[^’]*’(?!\w)|(?<!\w)'[^']*'(?!\w)|«[^»]*»")
_DATED: Final = re.compile(
    r"\b(?:on|in|since|by|at)\s+(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|"
    r"nov|dec)\w*|\b(?:19|20)\d\d\b|\d{4}-\d\d-\d\d",
    re.IGNORECASE,
)
_HANDED_OVER: Final = re.compile(
    r"\b(?:you|conversation|request|question|this|it)\b.*\b(?:to|over)\b", re.IGNORECASE
)
_UNDONE: Final = re.compile(
    r"\b(?:not|nothing|declined|expired|withdrawn|checking|unknown|void|only its button)\b", re.IGNORECASE
)
_NOT_DONE: Final = re.compile(r"\b(?:not|nothing|never)\b", re.IGNORECASE)
_ONLY_IF: Final = re.compile(
    r"\W{0,2}(?:only\s)?(?:if|once|when|after|unless|as soon as)\s(?:you|a lender|the lender|somebody|it|they|"
    r"both|another person)\s(?:\w+\s)?(?:press|approve|confirm|accept|sign|decide|click|tap)",
    re.IGNORECASE,
)
_SPENT_FIELDS: Final = re.compile(
    r"(?:total_)?(?:cost|interest|repaid)(?:_12_months)?|money_out|outgoing_30_days|borrowed"
)
_BY_CUSTOMER: Final = re.compile(r"\byou\s*$", re.IGNORECASE)
_TIMED: Final = ("date", "posted_on", "time", "at", "posted_at", "when", "submitted_on", "reported_at", "due_on")
_STATUS_VERBS: Final = {
    "approved": "approved granted accepted",
    "frozen": "frozen froze blocked locked suspended",
    "active": "unfrozen unblocked unlocked activated opened enabled",
    "open": "opened reported recorded logged filed lodged raised registered submitted flagged",
    "submitted": "submitted lodged filed received",
    "closed": "closed",
    "withdrawn": "withdrawn withdrew cancelled removed closed",
    "paid": "paid settled",
    "settled": "settled paid processed",
    "posted": "processed sent paid credited debited transferred",
    "completed": "completed processed sent paid",
    "cancelled": "cancelled canceled stopped",
}


@dataclass(slots=True)
class ClaimJudge:
    """Finds what an answer claims to have been done. `removed` is what was taken out."""

    sources: Sources
    removed: list[str] = field(default_factory=list)

    def untrue(self, text: str) -> list[tuple[int, int]]:
        """The places of the sentences that claim something that was not done."""
        found = [(start, end) for start, end in sentences_in(text) if self._is_untrue(text[start:end])]
        self.removed += [text[start:end].strip() for start, end in found]
        return found

    def _is_untrue(self, sentence: str) -> bool:
        # A question claims nothing: "Was it paid?" leaves it open.
        if sentence.rstrip(' \n*)]”"').endswith("?"):
            return False
        folded = " ".join(sentence.casefold().split())
        # The bank's own sentences may be repeated; those of one or two words would be found anywhere.
        if any(one in folded for one in self.sources.sentences if len(one.split()) > 2):
            return False
        told = _without_quotes(sentence)
        return any(not self._is_confirmed(claim, sentence) for claim in _claims(told))

    def _is_confirmed(self, claim: Claim, sentence: str) -> bool:
        verb, kind = claim.verb, _KIND_OF.get(claim.verb) or _THING_OF.get(claim.thing)
        if self._in_receipts(sentence, kind, verb) or self._is_own_history(claim, kind, sentence):
            return True
        if claim.thing == "card" and not verb and self._is_waiting():
            return True
        # That money moved is believed for its amount or its name on a record, never because some tool has
        # succeeded.
        if kind in ("money", "trade") or (kind is None and figures_in(sentence)):
            return self._handed_over(sentence) or self._on_record(sentence)
        if verb and any(verb in _STATUS_VERBS.get(status, "").split() for status in self._statuses()):
            return True
        if kind in ("change", "record", "card") and _DATED.search(sentence) and self.sources.results:
            return self._on_record(sentence) or not claim.ours
        return kind in (None, "card", "record") and not verb and self._did_something(kind)

    def _is_own_history(self, claim: Claim, kind: str | None, sentence: str) -> bool:
        """True for what the customer did, as results have it: `you've paid 11,391.53 for investments`."""
        figures = [figure for figure in figures_in(sentence) if not figure.is_small_count]
        facts = [self.sources.of(figure) for figure in figures]
        kinds = {figure.kind for figure in figures}
        if kind == "money" and "percent" in kinds and "money" not in kinds:
            return all(facts)
        if not claim.customers or kind not in ("money", "trade"):
            return False
        return any(_SPENT_FIELDS.fullmatch(fact.field) for found in facts for fact in found)

    def _is_waiting(self) -> bool:
        return any(content.get("status") == "pending_approval" for _, content in self.sources.results)

    def _statuses(self) -> set[str]:
        found = {str(one["status"]) for one in self._objects() if isinstance(one.get("status"), str)}
        reported = any(one.get("kind") == "report" and one.get("date") for one in self._objects())
        return found | {"open"} if reported else found

    def _did_something(self, kind: str | None) -> bool:
        wanted = {"card": ("freeze_card",), "record": ("report_incident",)}.get(
            str(kind), ("freeze_card", "report_incident")
        )
        return any(tool in wanted and "error" not in content for tool, content in self.sources.results)

    def _handed_over(self, sentence: str) -> bool:
        handed = any(tool == "hand_over" and "error" not in content for tool, content in self.sources.results)
        return handed and bool(_HANDED_OVER.search(sentence)) and not figures_in(sentence)

    def _on_record(self, sentence: str) -> bool:
        """True if a record of the bank's speaks of what the sentence does: by its amount, or by its name."""
        values = {value for figure in figures_in(sentence) for value in figure.values if figure.kind != "term"}
        folded = sentence.casefold()
        return any(
            _speaks_of(one, values, folded) for one in self._objects() if any(one.get(name) for name in _TIMED)
        )

    def _in_receipts(self, sentence: str, kind: str | None, verb: str) -> bool:
        values = {value for figure in figures_in(sentence) for value in figure.values}
        return any(_says(receipt, values, kind, verb) for receipt in self.sources.receipts)

    def _objects(self) -> Iterator[Mapping[str, Any]]:
        for _, content in self.sources.results:
            # A proposal holds the same amounts and names, and nothing of it has been done yet.
            if content.get("status") != "pending_approval":
                yield from _objects_in(content)


@dataclass(frozen=True, slots=True)
class Claim:
    """That something was done: its verb or its thing, whether by us, or by the customer."""

    verb: str
    thing: str
    ours: bool = False
    customers: bool = False


def _claims(told: str) -> Iterator[Claim]:
    """What a sentence says was done, without what it only supposes, denies or passes on."""
    for pattern in _BY_US:
        for match in pattern.finditer(told):
            if not _is_open(told, match, _NOT_US, _CONDITION_US):
                yield _claim(match, told, ours=True)
    # "Your card is frozen" says that it was done; "a card is frozen when it is lost" explains what happens.
    states = () if _GENERAL.search(told) else (_STATE,)
    for pattern in (*_PASSIVE, *states):
        for match in pattern.finditer(told):
            if not _is_open(told, match, _NOTHING, _CONDITION_IT):
                yield _claim(match, told)
    if not told.isascii() or _MAY_BE_SPANISH.search(told):
        yield from _foreign(told)


def _foreign(told: str) -> Iterator[Claim]:
    for found in foreign_claims(told):
        # What a customer did with a page or a payee of theirs is no claim that something was done for them.
        if not found.customers or _KIND_OF[found.verb] in ("money", "trade", "approval"):
            yield Claim(found.verb, "", customers=found.customers)


def _claim(match: re.Match[str], told: str, *, ours: bool = False) -> Claim:
    found = match.groupdict()
    verb, thing = (found.get("verb") or "").casefold(), (found.get("thing") or "").casefold()
    return Claim(verb, thing, ours, bool(_BY_CUSTOMER.search(told[: match.start()])))


def _says(receipt: str, values: set[Decimal], kind: str | None, verb: str) -> bool:
    """True if a sentence of the receipt says the same: of these amounts or, if there are none, by such a verb."""
    theirs = {value for figure in figures_in(receipt) for value in figure.values}
    for start, end in sentences_in(receipt):
        words = set(re.findall(r"[\w-]+", receipt[start:end].casefold()))
        # What was declined or has expired names the same amount as a payment that was made.
        if (_NOT_DONE if verb in words else _UNDONE).search(receipt[start:end]):
            continue
        same = verb in words or any(_KIND_OF.get(word) == kind for word in words)
        if (values & theirs and (same or kind != "approval")) or (not values and (same or kind is None)):
            return True
    return False


def _is_open(told: str, match: re.Match[str], denied: re.Pattern[str], supposed: re.Pattern[str]) -> bool:
    before = told[: match.start()]
    boundaries = list(_CLAUSE.finditer(before))
    clause = before[boundaries[-1].end() :] if boundaries else before
    return bool(
        denied.search(clause)
        or supposed.search(clause)
        or _MODAL.search(clause)
        or _REPORTED.search(before)
        or _NOTHING.match(match.group())
        or _NOTHING.search(match.group())
        or _ONLY_IF.match(told, match.end())
    )


def _without_quotes(sentence: str) -> str:
    """The sentence with what stands between quotation marks left blank, unless it is all quotation."""
    blank = _QUOTES.sub(lambda match: " " * len(match.group()), sentence)
    return blank if re.search(r"\w", blank) else sentence


def _objects_in(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from _objects_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _objects_in(item)


def _speaks_of(record: Mapping[str, Any], values: set[Any], folded: str) -> bool:
    amounts = {
        value
        for name in ("amount", "payment", "value", "instalment", "loan_amount")
        if isinstance(record.get(name), str)
        for figure in figures_in(str(record[name]))
        for value in figure.values
    }
    named = any(
        isinstance(record.get(name), str) and len(str(record[name])) > 2 and str(record[name]).casefold() in folded
        for name in ("description", "payee", "name", "label", "reference", "kind")
    )
    return bool(amounts & values) or (named and (not values or bool(amounts & values)))
