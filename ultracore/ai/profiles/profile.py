"""What an agent is, and how the files of a package that hold one are found."""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module

from ultracore.principal import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """One agent. `domain` is its name on screen and on the record; `label` is the router's word for it.

    `prompt` is what its model reads about its subject, `starters` what a person is offered to begin with, `avatar`
    a picture in `public/avatars`, by default the one of its name. `roles` may talk to it until the policy says
    otherwise. `tools` names tools that it has beside those that name it themselves. People see agents by `order`.
    """

    domain: str
    label: str
    prompt: str
    roles: tuple[Role, ...] = ()
    starters: tuple[str, ...] = ()
    avatar: str | None = None
    tools: tuple[str, ...] = ()
    order: int = 100
    front_desk: bool = False


def find_profiles(package: str) -> tuple[AgentProfile, ...]:
    """The agents that the modules of `package` hold as `AGENT`, by `order`, then by name.

    Raises `TypeError` if two have one name or one label.
    """
    modules = pkgutil.iter_modules(import_module(package).__path__, f"{package}.")
    held = (getattr(import_module(module.name), "AGENT", None) for module in modules)
    found = sorted((one for one in held if isinstance(one, AgentProfile)), key=lambda one: (one.order, one.domain))
    for names in ([one.domain for one in found], [one.label for one in found]):
        if len(set(names)) < len(names):
            raise TypeError(f"two agents have one name or label: {names}")
    return tuple(found)
