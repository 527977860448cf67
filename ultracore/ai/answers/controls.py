"""Takes out of an answer what a model's server should have kept: thoughts, calls as text, marks of templates."""

from __future__ import annotations

import re
from typing import Final

_HIDDEN: Final = (
    "think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis|tool_calls?|function_calls?|tool_response"
)
_OPENS: Final = re.compile(
    rf"<(?:{_HIDDEN})\b[^<>]*>|\[(?:TOOL_CALLS?|THINK)\]|"
    r"<[|\uff5c](?:tool[_\u2581]calls?[_\u2581]?(?:section[_\u2581])?(?:begin)?|python_tag|"
    r"begin_of_thought)[|\uff5c]>|"
    r"(?P<channel><\|channel\|>\s*(?:analysis|commentary))",
    re.IGNORECASE,
)
_CLOSES: Final = re.compile(
    rf"</(?:{_HIDDEN})\s*>|\[/(?:TOOL_CALLS?|THINK)\]|"
    r"<[|\uff5c](?:end_of_thought|tool[_\u2581]calls?[_\u2581](?:section[_\u2581])?end)[|\uff5c]>",
    re.IGNORECASE,
)
_CHANNEL_ENDS: Final = re.compile(r"<\|(?:end|return|call|start)\|>", re.IGNORECASE)
_MARKS: Final = re.compile(
    r"<\|channel\|>\s*final(?:\s*<\|message\|>)?|<\|im_start\|>\s*(?:assistant|user|system|tool)?|"
    r"<\|start\|>\s*assistant|<\|start_header_id\|>[^<]*<\|end_header_id\|>|"
    r"<[|\uff5c][^<>|\uff5c]{0,40}[|\uff5c]>|"
    r"</?(?:s|bos|eos|pad|end_of_turn|start_of_turn|end_of_utterance|answer|response|output)>(?:model\b)?|"
    r"\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)
_UNFINISHED: Final = re.compile(r"(?:<\|[^<>]{0,40}\|>\s*\w{0,12}|[<\[][^<>\[\]\n]{0,60})$")
_CUT_MARK: Final = re.compile(r"<[|/\uff5c][^<>]{0,60}$")
_THINKS_ALOUD: Final = re.compile(
    r"\s*(?:ok(?:ay)?\b|alright\b|hmm+\b|wait\b|let me\b|let's\b|first,? i\b|so,? (?:the|i)\b|now,? i\b|"
    r"i (?:need|should|have) to\b|we (?:need|have|should|are)\b|the (?:user|customer|person|query|question|"
    r"system)\b|"
    r"(?:\*\*)?(?:thinking|analysis|thought|reasoning)\b)",
    re.IGNORECASE,
)
_A_WORD_OR_TWO: Final = re.compile(r"\S\s+\S|\S\n")
# Their templates write the opening tag into the prompt, so that some servers send only the closing one.
_THINKING_FAMILIES: Final = re.compile(
    r"deepseek[-_]?(?:r\d|reasoner)|\bqwq|qwen-?3|thinking|reason(?:er|ing)|magistral|minimax-m|glm-(?:4\.[5-9]|[5-9])|"
    r"nemotron|exaone-deep|hunyuan",
    re.IGNORECASE,
)
# A thought without an end is read on for its closing tag, which needs no more than the last characters.
_MOST_HIDDEN: Final = 200_000


def is_known_to_think_aloud(model: str) -> bool:
    """True for a model of a family whose thoughts may come without the tag that opens them, by its name."""
    return bool(_THINKING_FAMILIES.search(model))


class ControlFilter:
    """`feed` gives back the words meant for a person; `flush` the rest.

    Some servers leave out the tag that opens a thought: then `take_forgotten` is true once, and what was given
    back so far and is not shown yet is to be dropped. What begins as people think aloud is held until that thought
    ends or the answer does; so is everything of a model that has done it before (`aloud`).
    """

    def __init__(self, *, aloud: bool = False) -> None:
        self.aloud = aloud
        self._held = ""
        self._closing: re.Pattern[str] | None = None
        self._begun = False
        self._forgotten = False

    def take_forgotten(self) -> bool:
        """True once after a thought has ended that nothing had opened."""
        forgotten, self._forgotten = self._forgotten, False
        return forgotten

    def feed(self, piece: str) -> str:
        """Take the next piece; return what may be gone on with."""
        self._held += piece
        return self._taken(whole=False)

    def flush(self) -> str:
        """The answer is complete: return what was held. A thought that never ended is dropped."""
        return _CUT_MARK.sub("", self._taken(whole=True))

    def _taken(self, *, whole: bool) -> str:
        shown: list[str] = []
        while self._step(shown):
            pass
        if self._closing is None and (whole or not self._waits()):
            shown.append(self._rest(whole=whole))
        return _MARKS.sub("", "".join(shown))

    def _step(self, shown: list[str]) -> bool:
        """One tag further; False if there is none."""
        if self._closing is not None:
            return self._skip()
        closing, opening = _CLOSES.search(self._held), _OPENS.search(self._held)
        if closing is not None and (opening is None or closing.start() < opening.start()):
            self.aloud = self._forgotten = self._begun = True
            # A closing tag that nothing has opened: all that came before it was the thought.
            shown.clear()
            self._held = self._held[closing.end() :]
            return True
        if opening is None:
            return False
        shown.append(self._held[: opening.start()])
        self._held = self._held[opening.end() :]
        self._closing = _CHANNEL_ENDS if opening["channel"] else _CLOSES
        return True

    def _skip(self) -> bool:
        closing = self._closing.search(self._held) if self._closing is not None else None
        if closing is None:
            self._held = self._held[-64:] if len(self._held) > _MOST_HIDDEN else self._held
            return False
        self._held, self._closing, self._begun = self._held[closing.end() :], None, True
        return True

    def _waits(self) -> bool:
        """True while a thought without its first tag may be what is held."""
        few = not _A_WORD_OR_TWO.search(self._held)
        return not self._begun and (self.aloud or few or bool(_THINKS_ALOUD.match(self._held)))

    def _rest(self, *, whole: bool) -> str:
        # A mark may come in two pieces, and half of one cannot be taken back from the page.
        begun = None if whole else _UNFINISHED.search(self._held)
        cut = begun.start() if begun else len(self._held)
        rest, self._held = self._held[:cut], self._held[cut:]
        self._begun = self._begun or bool(rest.strip())
        return rest
