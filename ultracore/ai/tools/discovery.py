"""Finds the tools that lie in a package: a new file in one of its folders is a new tool."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from types import ModuleType

from ultracore.ai.profiles import AgentProfile
from ultracore.ai.tools.definition import Tool


def find_tools(package: str, profiles: Iterable[AgentProfile]) -> tuple[Tool, ...]:
    """The tools in the folders of `package`, by `order`, then by folder and name.

    An agent has the tools that name it and those that it names. Raises `TypeError` for a name that two tools have,
    and for a name of a tool or an agent that does not exist.
    """
    found = [tool for module in _modules(package) for tool in _tools_of(module)]
    names = [tool.name for tool in found]
    if len(set(names)) < len(names):
        raise TypeError(f"two tools have one name: {sorted(names)}")
    return tuple(_with_agents(sorted(found, key=lambda tool: tool.order), tuple(profiles)))


def _modules(package: str) -> Iterator[ModuleType]:
    """The modules of the folders, in the order of their names. One that cannot be imported raises."""
    for folder in pkgutil.iter_modules(import_module(package).__path__, f"{package}."):
        if folder.ispkg:
            for module in pkgutil.iter_modules(import_module(folder.name).__path__, f"{folder.name}."):
                yield import_module(module.name)


def _tools_of(module: ModuleType) -> Iterator[Tool]:
    for value in vars(module).values():
        # Modules import each other's tools; each is counted only in the file that declares it.
        if isinstance(value, Tool) and value.function.__module__ == module.__name__:
            yield value


def _with_agents(tools: list[Tool], profiles: tuple[AgentProfile, ...]) -> Iterator[Tool]:
    domains = {profile.domain for profile in profiles}
    wanted = {name for profile in profiles for name in profile.tools}
    unknown = (wanted - {tool.name for tool in tools}) | {name for tool in tools for name in tool.agents - domains}
    # At import and not at the first call: a misspelt name would silently take a tool from its agent.
    if unknown:
        raise TypeError(f"no such tool or agent: {sorted(unknown)}")
    for tool in tools:
        takers = {profile.domain for profile in profiles if tool.name in profile.tools}
        yield replace(tool, agents=tool.agents | takers) if takers else tool
