"""The agents: one file each. Nothing else names them one by one."""

from ultracore.ai.profiles.greeter import GREETER
from ultracore.ai.profiles.profile import AgentProfile, find_profiles

PROFILES: tuple[AgentProfile, ...] = find_profiles(__name__)
"""The domain agents, in the order in which people see them."""

FRONT_DESK: AgentProfile = next(profile for profile in PROFILES if profile.front_desk)
"""Who answers what is clearly no agent's subject."""


def profile_for_label(label: str) -> AgentProfile | None:
    """The agent of a router label, or `None` if no agent serves it."""
    return next((profile for profile in PROFILES if profile.label == label), None)


def profile_for_domain(domain: str) -> AgentProfile | None:
    """The agent of a name such as `Payments`."""
    return next((profile for profile in PROFILES if profile.domain == domain), None)


def picture_of(author: str) -> str:
    """The picture beside what `author` says: the agent's own, else the one of the author's name."""
    profile = profile_for_domain(author)
    return author if profile is None else profile.avatar or author


__all__ = [
    "FRONT_DESK",
    "GREETER",
    "PROFILES",
    "AgentProfile",
    "find_profiles",
    "picture_of",
    "profile_for_domain",
    "profile_for_label",
]
