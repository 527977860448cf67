"""Figures that a person gave: they may be given back as theirs, never as the bank's."""

from __future__ import annotations

import re
from typing import Final

from ultracore.ai.answers.figures import Figure
from ultracore.ai.answers.sentences import clause_of
from ultracore.ai.answers.sources import Sources

_EXAMPLE: Final = re.compile(
    r"\b(?:try|example|instance|such as|writes?|type|ask|asking|say|saying|like|or|"
    r"and)\b[^\w“\"]*(?P<quote>[“\"][^“”\"]*[”\"])",
    re.IGNORECASE,
)
IDENTIFIER_BEFORE: Final = re.compile(
    r"(?:·|…|\.\.|x{2,}|\*{2,}|\bending(?: in| with)?|\bending:|\bends (?:in|with)|\bnumber|\bnum|\bno\.?|#|"
    r"\bref(?:erence)?|\bid|\bbsb|"
    r"[A-Za-z][-_]|[A-Z0-9]{3,}-)\s*:?\s*$",
    re.IGNORECASE,
)
_ATTRIBUTED: Final = re.compile(
    r"\b(?:you(?:'ve| have|'d| had| would)?\s+(?:\w+\s)?(?:said|say|wrote|write|mention(?:ed)?|told|tell|"
    r"typed|gave|entered|named|"
    r"ask(?:ed)?|want(?:ed)?|like|wish(?:ed)?|request(?:ed)?|need(?:ed)?|plan(?:ned)?|quoted?|describe[d]?|"
    r"think|thought|believe[d]?|"
    r"expect(?:ed)?|looking|meant|mean|chose|choose|searched|suggest(?:ed)?|report(?:ed)?|propose[d]?)|"
    r"are (?:asking|looking|thinking|hoping|planning)|your (?:request|question|message|example|search|figure|"
    r"amount|words|scenario|assumption)|"
    r"the (?:message|text|email|caller|sender|payee|description|statement text)|requested|the (?:amount|"
    r"figure|sum) (?:that )?you)\b",
    re.IGNORECASE,
)
_ONLY_AGREED: Final = re.compile(
    r"\b(?:as|like|just as) you\b|\byou(?:'re| are) (?:right|correct)\b", re.IGNORECASE
)
_ASKED_FOR: Final = re.compile(
    r"\b(?:transfer|send|pay|payment|move|borrow|loan|mortgage|deposit|withdraw|invest|quote|apply|"
    r"application|request|lend|"
    r"proposal|card|prepare[d]?|propose[d]?|limit to|purchase|schedule|repay|save|budget|search(?:ed)?|"
    r"filter)\w*\b",
    re.IGNORECASE,
)
_STATED: Final = re.compile(
    r"\b(?:balance|available|you (?:have|had|own|owe|hold|get|got|earned|received|saved|spent|paid)|owe|"
    r"owing|owed|worth|holds?|"
    r"contains?|remaining|left|received|earned|earns?|refund|credited|debited|limit is|your limit|rate|"
    r"interest|fees?|costs?|charges?|"
    r"instalments?|repayments?|approved|gained?|lost|returned?|has been|have been|was|were|gift|bonus|cash "
    r"?back|won)\b",
    re.IGNORECASE,
)
_OPEN: Final = re.compile(
    r"\?\s*$|\b(?:if|unless|suppose|for example|for instance|e\.g\.|such as|say|could|would|can|cannot|can't|"
    r"can’t|"
    r"not|no|never|none|nothing|neither|without|didn't|didn’t|doesn't|doesn’t|isn't|isn’t|wasn't|wasn’t|"
    r"won't|won’t|haven't|hasn't|unable)\b",
    re.IGNORECASE,
)
_FILTER: Final = re.compile(
    r"\b(?:over|above|under|below|more than|less than|at least|at most|up to|between|from|"
    r"than)\s*(?:[A-Z]{3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_SUPPOSED: Final = re.compile(
    r"\b(?:if|whether|would|suppose|supposing|should be (?:within|fine|ok|possible|allowed))\b|\w['’]d\b|"
    r"\b(?:after|with|without) (?:a|an|your|the|that|this|paying|sending|spending)\b|\bsi\b|\bnếu\b|"
    r"如果|إذا|अगर|यदि",
    re.IGNORECASE,
)
_AS_THE_BANKS: Final = re.compile(
    r"\b(?:balance|available|owe[sd]?|owing|worth|holds?|contains?|you(?: \w+)? (?:have|had|own|get|got|earn|"
    r"earned|received?)|you['’](?:ve|d) (?:have|got)|credited|approved|rate|limit|saldo|tienes?)\b",
    re.IGNORECASE,
)
_THERE: Final = re.compile(r"\s*(?:dollars?\s+)?(?:available|left|remaining|in your)\b", re.IGNORECASE)
_DEMANDED: Final = re.compile(
    r"\b(?:it|they|he|she|(?:the|this) (?:message|text|email|caller|sender))\s+(?:also\s+)?"
    r"(?:wants?|asks? for|demands?|threatens?)\b",
    re.IGNORECASE,
)
_GIVEN: Final = re.compile(
    r"\b(?:(?:sending|paying|moving|transferring|borrowing)|(?:this|the|your|a) (?:\w+ )?(?:payment|transfer|"
    r"amount|loan|purchase|deposit|quote)s? (?:of|for))\s*"
    r"(?:[A-Z]{2,3}\s?|[$€£]\s?)?$",
    re.IGNORECASE,
)
_ARRIVED: Final = re.compile(
    r"\b(?:received|arrived|came in|credited|was (?:made|paid|sent)|has been|have been|went (?:out|through))\b",
    re.IGNORECASE,
)


def is_persons(figure: Figure, sentence: str, context: str, sources: Sources) -> bool:
    """True if a person gave the figure and the sentence does not state it as the bank's."""
    if not figure.values & _said(figure, sources):
        return False
    before = sentence[: figure.start]
    if _ATTRIBUTED.search(sentence) and not _ONLY_AGREED.search(sentence):
        return True
    if _FILTER.search(before) or sentence.rstrip().endswith("?") or _DEMANDED.search(sentence):
        return True
    if figure.kind == "plain" and IDENTIFIER_BEFORE.search(before):
        return True
    if figure.values & sources.given and _GIVEN.search(before) and not _ARRIVED.search(sentence):
        return True
    stated = _STATED.search(sentence) or _STATED.search(context)
    if figure.kind in ("term", "percent"):
        return not stated or bool(_ASKED_FOR.search(sentence))
    if not stated and (_OPEN.search(sentence) or _ASKED_FOR.search(f"{context} {sentence}")):
        return True
    return is_supposed(sentence) and not _is_stated_there(figure, sentence)


def is_supposed(sentence: str) -> bool:
    """True for what would be, as `if you pay 2,000` or `after a $2,000 fridge`, or what the person had said."""
    return bool(_SUPPOSED.search(sentence) or _ATTRIBUTED.search(sentence)) and not _ONLY_AGREED.search(sentence)


def _said(figure: Figure, sources: Sources) -> set[object]:
    """What people said; a term also in the other unit, years for months."""
    if figure.kind != "term":
        return set(sources.persons)
    return {other for value in sources.persons for other in (value, value / 12, value * 12)}


def _is_stated_there(figure: Figure, sentence: str) -> bool:
    start, _ = clause_of(figure.start, sentence)
    stated = _AS_THE_BANKS.search(sentence[start : figure.start]) or _THERE.match(sentence[figure.end :])
    return stated is not None


def is_example(figure: Figure, sentence: str) -> bool:
    """`Try “Transfer fifty dollars to City Power”`: words for a person to write, which ask for something."""
    return any(
        match.start("quote") <= figure.start
        and figure.end <= match.end("quote")
        and _ASKED_FOR.search(match["quote"])
        and not _STATED.search(match["quote"])
        for match in _EXAMPLE.finditer(sentence)
    )
