"""Which agent answers: the router's word at the start, and again when the subject clearly changes."""

from __future__ import annotations

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
    """Routes messages. Whoever is unclear stays with their agent, and is asked if there is none."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def route(
        self, text: str, current: str | None, desk: tuple[AgentProfile, ...] = PROFILES
    ) -> RoutedMessage | Unclear:
        """Route one message of a conversation that `current` (a domain's name) has so far, or nobody.

        Whoever has some agents only (`desk`) is routed to others only if the subject is clearly theirs, which
        the caller refuses; what is unclear stays with the desk.
        """
        found = self._router.route(text)
        holder = profile_for_domain(current) if current else None
        if holder is None or holder not in desk:
            return _of_desk(_first(found), found, desk)
        wanted = profile_for_label(found.label) if found.is_confident else None
        score = round(found.confidence, 4)
        if wanted is None or wanted == holder:
            return RoutedMessage(holder, found.label, score, first=False)
        return RoutedMessage(wanted, found.label, score, first=False, source=holder.domain)


def _first(found: Route) -> RoutedMessage | Unclear:
    """A clear subject has an agent, small talk has none yet, what is no agent's goes to the front desk.

    Between agents the person decides.
    """
    score = round(found.confidence, 4)
    if found.small_talk is not None:
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
    clearly = found.is_confident and profile_for_label(found.label) is not None
    if routing.profile in (GREETER, *desk) or clearly or not desk:
        return routing
    return replace(routing, profile=desk[0])


def chosen(profile: AgentProfile) -> RoutedMessage:
    """The person has said whose it is."""
    return RoutedMessage(profile, profile.label, 1.0, first=True)
