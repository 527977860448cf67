"""Which agent answers: the router's word at the start, and again when the subject clearly changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ultracore.ai.profiles import (
    FRONT_DESK,
    GREETER,
    PROFILES,
    AgentProfile,
    profile_for_domain,
    profile_for_label,
)
from ultracore.ai.routing import Route, Router

CHOICES = 3
MOST_SENTENCES = 4
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=\S)|(?<=[\u3002\uff1f\uff01\u061f\u0964])\s*(?=\S)")
"""Latin marks before a space, since a figure has points too; those of Chinese, Arabic and Hindi."""


@dataclass(frozen=True, slots=True)
class RoutedMessage:
    """Who answers this message. `source` is the agent that hands over, if one does.

    `first` if this settles whose the conversation is: not by small talk.
    """

    profile: AgentProfile
    label: str
    score: float
    first: bool
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """The router cannot tell whose message this is; the person chooses among the likeliest agents, best first."""

    candidates: tuple[AgentProfile, ...]


class Receptionist:
    """Routes messages. An unclear message stays with its agent; if there is none, the person is asked."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def route(
        self, text: str, current: str | None, desk: tuple[AgentProfile, ...] = PROFILES
    ) -> RoutedMessage | Unclear:
        """Route one message of a conversation; `current` is the domain of the agent that has it, if one does.

        A person with some agents only (`desk`) is routed to another only if the subject is clearly its own, and
        the caller refuses that; an unclear message stays with the desk.
        """
        holder = profile_for_domain(current) if current else None
        if holder is None or holder not in desk:
            found = self._opening(text)
            return _of_desk(_first(found), found, desk)
        found = self._router.route(text)
        # Only a clear subject moves a conversation: a short follow-up says little and would send people round.
        wanted = profile_for_label(found.label) if found.is_certain else None
        score = round(found.confidence, 4)
        if wanted is None or wanted == holder:
            return RoutedMessage(holder, found.label, score, first=False)
        return RoutedMessage(wanted, found.label, score, first=False, source=holder.domain)

    def clearly(self, text: str) -> AgentProfile | None:
        """The agent whose subject this is without any doubt."""
        found = self._router.route(text)
        return profile_for_label(found.label) if found.is_certain else None

    def _opening(self, text: str) -> Route:
        """The route of a first message; of its first clear sentence, if it is not clear as a whole.

        People tell why they ask ("What's my balance? I need it for the rent"), which says little of the subject.
        """
        whole = self._router.route(text)
        sentences = _SENTENCE_END.split(text, MOST_SENTENCES)[:MOST_SENTENCES]
        if whole.is_confident or whole.small_talk is not None or len(sentences) < 2:
            return whole
        parts = (self._router.route(sentence) for sentence in sentences)
        return next((one for one in parts if one.is_confident and one.label != "out_of_scope"), whole)


def _first(found: Route) -> RoutedMessage | Unclear:
    """A clear subject has an agent, small talk has none yet, what is no agent's goes to the front desk.

    Between agents the person decides.
    """
    score = round(found.confidence, 4)
    if found.small_talk is not None:
        # Not `first`: a greeting says nothing of the subject, so the next message is routed from the start.
        return RoutedMessage(GREETER, found.label, score, first=False)
    if found.is_confident or found.is_follow_up or found.label == "out_of_scope":
        return RoutedMessage(profile_for_label(found.label) or FRONT_DESK, found.label, score, first=True)
    ranked = (profile_for_label(label) for label, _ in found.ranked)
    likely = tuple(profile for profile in ranked if profile is not None)[:CHOICES]
    return Unclear(likely or PROFILES)


def _of_desk(
    routing: RoutedMessage | Unclear, found: Route, desk: tuple[AgentProfile, ...]
) -> RoutedMessage | Unclear:
    """The same, with the agents of a desk only unless the subject is clearly another's."""
    if isinstance(routing, Unclear):
        candidates = tuple(profile for profile in routing.candidates if profile in desk)
        if len(candidates) > 1 or not desk:
            return Unclear(candidates or desk)
        return RoutedMessage((candidates or desk)[0], found.label, round(found.confidence, 4), first=True)
    # A subject that is clearly another desk's is refused by name; guessed at, the wrong agent would answer it.
    clearly = found.is_certain and profile_for_label(found.label) is not None
    if routing.profile in (GREETER, *desk) or clearly or not desk:
        return routing
    return replace(routing, profile=desk[0])


def chosen(profile: AgentProfile) -> RoutedMessage:
    """The person has said whose it is."""
    return RoutedMessage(profile, profile.label, 1.0, first=True)
