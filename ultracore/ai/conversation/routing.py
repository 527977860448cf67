"""Which agent answers: the router's word at the start, and again when the subject clearly changes."""

from __future__ import annotations

from dataclasses import dataclass

from ultracore.ai.agents.profiles import FRONT_DESK, AgentProfile, profile_for_domain, profile_for_label
from ultracore.ai.router import Router


@dataclass(frozen=True, slots=True)
class Routing:
    """Who answers this message. `source` is the agent that hands over, where one does."""

    profile: AgentProfile
    label: str
    score: float
    first: bool
    source: str | None = None


class Receptionist:
    """Routes messages. Somebody whose subject is unclear, or is no agent's, stays where they are."""

    def __init__(self, router: Router) -> None:
        self._router = router

    def route(self, text: str, current: str | None) -> Routing:
        """Route one message of a conversation that `current` (a domain's name) has so far, or nobody."""
        found = self._router.route(text)
        wanted = profile_for_label(found.label) if found.is_confident else None
        holder = profile_for_domain(current) if current else None
        score = round(found.confidence, 4)
        if holder is None:
            return Routing(wanted or FRONT_DESK, found.label, score, first=True)
        if wanted is None or wanted == holder:
            return Routing(holder, found.label, score, first=False)
        return Routing(wanted, found.label, score, first=False, source=holder.domain)
