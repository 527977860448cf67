"""What the imports of our modules amount to: cycles, directions inside a package, ways past a package's face.

Every import counts, in functions and for types too: what is needed only for a type couples two modules as well. A
package is known by its face, the names that its `__init__` exports.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.support.architecture import Module, imports, within

Exceptions = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Link:
    """`importer` imports from `target`; both are modules of ours."""

    importer: str
    target: str
    line: int


class ImportGraph:
    """The modules of a tree and who imports whom. Links that `excepted` lists do not count."""

    def __init__(self, modules: Iterable[Module], excepted: Exceptions | None = None) -> None:
        self.modules = {module.name: module for module in modules}
        self._excepted = excepted or {}
        self.links = tuple(link for module in self.modules.values() for link in self._links(module))

    def _links(self, module: Module) -> Iterator[Link]:
        for name, line in imports(module):
            target = self.home_of(name)
            excepted = within(name, *self._excepted.get(module.name, {}))
            if target is not None and target != module.name and not excepted:
                yield Link(module.name, target, line)

    def home_of(self, name: str) -> str | None:
        """The module that `from a.b import c`, given as `a.b.c`, reads: `a.b.c` if it is one, otherwise `a.b`."""
        while name and name not in self.modules:
            name = name.rpartition(".")[0]
        return name or None

    def is_package(self, name: str) -> bool:
        return self.modules[name].is_package

    def packages(self) -> list[str]:
        return sorted(name for name, module in self.modules.items() if module.is_package)

    def parents(self) -> list[str]:
        """The packages that hold packages."""
        packages = self.packages()
        return [name for name in packages if any(_parent(other) == name for other in packages)]


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def child_of(package: str, name: str) -> str:
    """The part of `package` that `name` lies in: `store` for `a.audit.store.writer` in `a.audit`."""
    return name.removeprefix(f"{package}.").split(".")[0]


def _inner_links(graph: ImportGraph, package: str) -> Iterator[tuple[str, str, Link]]:
    """The links between two parts of `package`. Its face is no part: it imports them all, and none imports it."""
    for link in graph.links:
        if link.importer.startswith(f"{package}.") and link.target.startswith(f"{package}."):
            one, other = child_of(package, link.importer), child_of(package, link.target)
            if one != other:
                yield one, other, link


def file_cycles(graph: ImportGraph) -> list[str]:
    """Modules that import each other, directly or through others."""
    edges: dict[str, set[str]] = {}
    for link in graph.links:
        edges.setdefault(link.importer, set()).add(link.target)
    return [f"these modules import each other: {', '.join(knot)}" for knot in knots(edges)]


def package_cycles(graph: ImportGraph) -> list[str]:
    """Parts of a package that import each other; a part is a sub-package with all in it, or a module."""
    found = []
    for package in graph.parents():
        edges: dict[str, set[str]] = {}
        links = list(_inner_links(graph, package))
        for one, other, _ in links:
            edges.setdefault(one, set()).add(other)
        for knot in knots(edges):
            places = [f"{link.importer}:{link.line}" for one, other, link in links if {one, other} <= set(knot)]
            found.append(f"these parts of {package} import each other: {', '.join(knot)} ({', '.join(places)})")
    return found


def knots(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of more than one node in which each reaches each other one, sorted."""
    reached = {node: _reachable(node, edges) for node in edges}
    groups = {
        tuple(sorted(other for other in reached[node] if node in reached.get(other, ()))) for node in reached
    }
    return [list(group) for group in sorted(groups) if len(group) > 1]


def _reachable(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def wrong_inner_directions(graph: ImportGraph, package: str, allowed: Mapping[str, str]) -> list[str]:
    """Imports between the parts of `package` that `allowed` does not list, and rows that do not fit the table.

    A row names only rows above it, and only parts that exist, so that the table itself can hold no cycle.
    """
    found = [
        f"{link.importer}:{link.line} imports {link.target}: {one} must not know {other}"
        for one, other, link in _inner_links(graph, package)
        if other not in allowed.get(one, "").split()
    ]
    above: set[str] = set()
    for part, others in allowed.items():
        found += [f"{package}: {part} names {other}, which is not above it" for other in {*others.split()} - above]
        above.add(part)
    parts = {child_of(package, name) for name in graph.modules if name.startswith(f"{package}.")}
    return found + [f"{package} has no {part}" for part in allowed if part not in parts]


def past_faces(graph: ImportGraph, composers: Sequence[str], inner: Sequence[str]) -> list[str]:
    """Imports of a module from outside its package, not counting what `composers` import of `inner`."""
    found = []
    for link in graph.links:
        home = _parent(link.target)
        if graph.is_package(link.target) or not home or within(link.importer, home):
            continue
        if link.target.rpartition(".")[2] in exported(graph.modules[home]):
            continue
        if within(link.target, *inner) and within(link.importer, *composers, *inner):
            continue
        found.append(f"{link.importer}:{link.line} imports {link.target} past the face of {home}")
    return found


def exported(module: Module) -> frozenset[str]:
    """The names in a module's `__all__`."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def unused_faces(graph: ImportGraph, users: Iterable[Module]) -> list[str]:
    """Names that a test takes from inside a package of another area although a face exports them.

    The tests of an area (`tests/audit` of `ultracore/audit`) may look at every module of it.
    """
    faces = {name: exported(graph.modules[name]) for name in graph.packages()}
    found = []
    for user in users:
        area = f"ultracore.{'.'.join(user.name.split('.')[1:2])}"
        for name, line in imports(user):
            home, _, last = name.rpartition(".")
            if home not in graph.modules or graph.is_package(home) or within(home, area):
                continue
            face = next((one for one in _packages_of(home) if last in faces.get(one, ())), None)
            if face is not None:
                found.append(f"{user.name}:{line} imports {name}, which {face} exports")
    return found


def _packages_of(name: str) -> Iterator[str]:
    while name := _parent(name):
        yield name


def crowded_folders(modules: Iterable[Module], most: int) -> list[str]:
    """Folders with more than `most` modules, counting `__init__`."""
    folders = Counter(module.name if module.is_package else _parent(module.name) for module in modules)
    return [f"{folder} holds {count} modules, over {most}" for folder, count in folders.items() if count > most]


def stale_exceptions(modules: Iterable[Module], excepted: Exceptions) -> list[str]:
    """Entries of `excepted` whose import is gone."""
    imported = {module.name: [target for target, _ in imports(module)] for module in modules}
    return [
        f"{importer} is allowed to import {target}, but does not"
        for importer, targets in excepted.items()
        for target in targets
        if not any(within(name, target) for name in imported.get(importer, ()))
    ]


def stale_owners(modules: Iterable[Module], owners: Mapping[str, Sequence[str]]) -> list[str]:
    """Owners of a third-party package that do not import it."""
    used = {(module.name, target.split(".")[0]) for module in modules for target, _ in imports(module)}
    return [
        f"{owner} owns {package}, but does not import it"
        for package, names in owners.items()
        for owner in names
        if not any(top == package and within(name, owner) for name, top in used)
    ]


def stale_names(modules: Iterable[Module], names: Iterable[str]) -> list[str]:
    """Modules that a table names and that do not exist."""
    known = {module.name for module in modules}
    return [f"{name} is in a table, but there is no such module" for name in names if name not in known]
