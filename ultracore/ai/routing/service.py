"""Which domain a message belongs to: a local classifier, no network, numpy only.

The labels are the five domains and `out_of_scope`. A message that cannot be read without the conversation before
it ("yes", "50", "from savings") gets a low confidence under every label and `is_follow_up`, so that the
conversation stays with its agent. `docs/router.md` says how the labels are told apart and how it was measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from ultracore.ai.routing.classifier import LinearModel

Label = Literal["accounts", "lending", "payments", "wealth", "security", "out_of_scope"]
SmallTalk = Literal["greeting", "thanks", "abuse"]

LABELS: Final[tuple[Label, ...]] = get_args(Label)
SMALL_TALK: Final[tuple[SmallTalk, ...]] = get_args(SmallTalk)
FOLLOW_UP: Final = "follow_up"
CLASSES: Final[tuple[str, ...]] = (*LABELS, *SMALL_TALK, FOLLOW_UP)
"""What the classifier tells apart. Small talk is reported as `out_of_scope`, follow-up lowers every confidence."""

MODEL_FILE: Final = Path(__file__).with_name("data") / "router.npz"


@dataclass(frozen=True, slots=True)
class Route:
    """The domain that one message belongs to.

    `confidence` is the calibrated probability of `label`, 0 to 1. `is_confident`: it is at least
    `Router.threshold`, below which asking costs less than guessing; above one half, so that no follow-up is
    confident. `is_certain`: it is at least `Router.certainty`, from which hardly a follow-up is taken for a new
    subject, so that a running conversation may leave its agent. `small_talk` is set if the message only greets,
    thanks or swears; the label is then `out_of_scope`. `is_follow_up`: most likely the message answers or
    continues what was said before. `ranked` holds every label with its confidence, best first: the second of two
    subjects, or what to offer as buttons. The confidences add up to 1 less the probability of a follow-up.
    """

    label: Label
    confidence: float
    is_confident: bool = False
    is_certain: bool = False
    small_talk: SmallTalk | None = None
    is_follow_up: bool = False
    ranked: tuple[tuple[Label, float], ...] = ()


_UNREADABLE: Final = Route("out_of_scope", 0.0, ranked=tuple((label, 0.0) for label in reversed(LABELS)))


class Router:
    """Routes messages. Immutable after loading, so one may be shared by threads and tasks.

    The same text always gives the same route. Every `str` is accepted; of a very long one the first and last
    thousand characters count. Text without one known feature is `out_of_scope` with confidence 0.
    """

    def __init__(self, model: LinearModel) -> None:
        self._model = model

    @classmethod
    def load(cls, path: Path = MODEL_FILE) -> Router:
        """Read the coefficients, and import numpy the first time. Raises `OperatorError` on a bad file."""
        from ultracore.ai.routing.classifier import load

        return cls(load(path))

    @property
    def threshold(self) -> float:
        """The confidence from which a route may be followed without asking."""
        return self._model.threshold

    @property
    def certainty(self) -> float:
        """The confidence from which a running conversation may be moved to another agent."""
        return self._model.certainty

    def route(self, text: str) -> Route:
        """The route of one message."""
        found = self._model.probabilities(text)
        if found is None:
            return _UNREADABLE
        return self._read(dict(zip(self._model.classes, found.tolist(), strict=True)))

    def route_many(self, texts: Iterable[str]) -> Iterator[Route]:
        """The route of each message, in order, one at a time as they are asked for."""
        return map(self.route, texts)

    def _read(self, probability: Mapping[str, float]) -> Route:
        chatter = max(SMALL_TALK, key=lambda name: probability[name])
        scores = {label: probability[label] for label in LABELS}
        # Small talk has no agent; the probability of a follow-up is left out, so it lowers every confidence.
        scores["out_of_scope"] += sum(probability[name] for name in SMALL_TALK)
        ranked = tuple(sorted(scores.items(), key=lambda item: -item[1]))
        label, confidence = ranked[0]
        only_chatter = label == "out_of_scope" and probability[chatter] > probability["out_of_scope"]
        return Route(
            label=label,
            confidence=confidence,
            is_confident=confidence >= self._model.threshold,
            is_certain=confidence >= self._model.certainty,
            small_talk=chatter if only_chatter else None,
            is_follow_up=probability[FOLLOW_UP] > confidence,
            ranked=ranked,
        )
