"""What agents are told: the prompts of this version, or those of a file in their place.

    rules = "You are {role}. {prompt} …"     # around every agent's own; {phone} and {citing} may stand there too

    [agents]
    Payments = "You help with payments. …"

What the file leaves out stays as it is.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ultracore.ai.agents import RULES, system_prompt
from ultracore.ai.profiles import GREETER, PROFILES, AgentProfile
from ultracore.errors import OperatorError

_AGENTS = {profile.domain: profile for profile in (GREETER, *PROFILES)}


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of a run. `phone` is the bank's number, `hours` when people answer there."""

    phone: str
    hours: str | None
    rules: str = RULES
    agents: Mapping[str, str] = field(default_factory=dict)

    def of(self, profile: AgentProfile, about: str) -> str:
        """The system message of an agent; `about` is what differs from turn to turn."""
        prompt = self.agents.get(profile.domain, profile.prompt)
        return system_prompt(profile.domain, prompt, self.phone, self.hours, about, rules=self.rules)

    @classmethod
    def read(cls, path: Path, phone: str, hours: str | None) -> Prompts:
        """Those of a file. Raises `OperatorError` naming what is wrong with it."""
        try:
            given = tomllib.loads(path.read_bytes().decode("utf-8"))
            rules, agents = given.get("rules", RULES), given.get("agents", {})
            if unknown := (set(given) - {"rules", "agents"}) | (set(agents) - set(_AGENTS)):
                raise ValueError(f"there is no {', '.join(sorted(unknown))}")
            if not all(isinstance(text, str) for text in (rules, *agents.values())):
                raise TypeError("a prompt is a text")
            prompts = cls(phone, hours, rules, agents)
            # Written once now, so that a field that does not exist is found before a model is asked.
            prompts.of(GREETER, "")
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise OperatorError(f"The prompt file {path} cannot be used: {error}", code="whatif.prompt") from error
        return prompts


def shipped_prompts() -> str:
    """The prompts of this version as such a file, to begin with."""
    lines = [f"rules = {_quoted(RULES)}", "", "[agents]"]
    return "\n".join([*lines, *(f"{name} = {_quoted(one.prompt)}" for name, one in _AGENTS.items())])


def _quoted(text: str) -> str:
    # A JSON string of printable characters is a basic string of TOML.
    return json.dumps(text, ensure_ascii=False)
