"""The rules of the architecture as functions over parsed modules.

Each returns sentences that name module, line and rule; none reads the disk but the loaders, so that a rule can be
shown a snippet that breaks it. What a rule allows as an exception stands in a table with its reason.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from statistics import median, quantiles

MAX_MODULE_LINES = 500
USUAL_MODULE_LINES = 300
USUAL_SHARE = 0.85
MAX_FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 10
P90_FUNCTION_LINES = 30


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed file. `name` is the dotted name; of a package's `__init__` the package's."""

    name: str
    tree: ast.Module = field(repr=False)
    lines: int
    is_package: bool = False

    @classmethod
    def parse(cls, name: str, text: str, *, is_package: bool = False) -> Module:
        return cls(name, ast.parse(text), len(text.splitlines()), is_package)

    @property
    def capability(self) -> str:
        """`audit` of `ultracore.audit.trail`, `errors` of `ultracore.errors`; the first part of other names."""
        parts = self.name.split(".")
        return parts[1] if parts[0] == "ultracore" and len(parts) > 1 else parts[0]


def load_modules(root: Path, *tops: str) -> list[Module]:
    """Every Python file in the folders or files `tops` of the checkout `root`."""
    files = [path for top in tops for path in _python_files(root / top)]
    return [_load(root, path) for path in files]


class LazyModules(Iterable[Module]):
    """As `load_modules`, but read when they are first asked for: each worker imports the tests, one runs them."""

    def __init__(self, root: Path, *tops: str) -> None:
        self._root, self._tops = root, tops

    def __iter__(self) -> Iterator[Module]:
        return iter(self._found)

    @cached_property
    def _found(self) -> list[Module]:
        return load_modules(self._root, *self._tops)


def _python_files(top: Path) -> list[Path]:
    return [top] if top.is_file() else sorted(top.rglob("*.py"))


def _load(root: Path, path: Path) -> Module:
    parts = list(path.relative_to(root).with_suffix("").parts)
    is_package = parts[-1] == "__init__"
    name = ".".join(parts[:-1] if is_package else parts)
    return Module.parse(name, path.read_text("utf-8"), is_package=is_package)


def tracked_files(root: Path) -> list[str]:
    """What git tracks, relative to `root`."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


# Imports


@cache
def imports(module: Module) -> tuple[tuple[str, int], ...]:
    """Each imported dotted name with its line: at the top, in functions, for types, and by `import_module("…")`.

    `from a.b import c` counts as `a.b.c`, since `c` may be a module.
    """
    return tuple(_imports(module))


def _imports(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node)
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            literal = node.args[0] if node.args else None
            if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
                yield literal.value, node.lineno


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    base = parts[: len(parts) - node.level + (1 if module.is_package else 0)]
    return ".".join([*base, *([node.module] if node.module else [])])


def within(name: str, *owners: str) -> bool:
    """True where `name` is one of `owners` or lies inside one."""
    return any(name == owner or name.startswith(f"{owner}.") for owner in owners)


def wrong_directions(
    modules: Iterable[Module], allowed: Mapping[str, frozenset[str]], lazy: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Imports between our packages that `allowed` does not list and `lazy` does not except."""
    found = []
    for module in modules:
        permitted = allowed.get(module.capability, frozenset()) | {module.capability}
        for target, line in imports(module):
            if not within(target, "ultracore") or target == "ultracore":
                continue
            excepted = within(target, *lazy.get(module.name, {}))
            if target.split(".")[1] not in permitted and not excepted:
                found.append(f"{module.name}:{line} imports {target}, which {module.capability} must not know")
    return found


def adapter_imports(
    modules: Iterable[Module],
    adapters: Sequence[str],
    importers: Sequence[str],
    lazy: Mapping[str, Mapping[str, str]],
) -> list[str]:
    """Imports of an adapter by anybody but `importers`, the adapters themselves and what `lazy` excepts."""
    found = []
    for module in modules:
        if within(module.name, *importers, *adapters):
            continue
        for target, line in imports(module):
            if within(target, *adapters) and not within(target, *lazy.get(module.name, {})):
                found.append(f"{module.name}:{line} imports the adapter {target}: only the container does")
    return found


def foreign_imports(modules: Iterable[Module], owners: Mapping[str, Sequence[str]]) -> list[str]:
    """Imports of a third-party package outside the modules that own it."""
    found = []
    for module in modules:
        for target, line in imports(module):
            top = target.split(".")[0]
            if top in owners and not within(module.name, *owners[top]):
                found.append(
                    f"{module.name}:{line} imports {top}, which belongs to {', '.join(owners[top]) or 'nobody'}"
                )
    return found


def environment_reads(modules: Iterable[Module], reader: str) -> list[str]:
    """Uses of the environment outside `reader`."""
    names = {"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"}
    found = []
    for module in modules:
        if module.name == reader:
            continue
        for node in ast.walk(module.tree):
            attribute = isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os"
            if attribute or (isinstance(node, ast.ImportFrom) and node.module == "os" and _names(node) & names):
                found.append(f"{module.name}:{node.lineno} touches the environment: only {reader} does")  # type: ignore[attr-defined]
        found += [
            f"{module.name}:{line} imports {target}: only {reader} reads the environment"
            for target, line in imports(module)
            if within(target, "pydantic_settings", "dotenv")
        ]
    return found


def _names(node: ast.ImportFrom) -> set[str]:
    return {alias.name for alias in node.names}


# Sizes


def functions(module: Module) -> Iterator[tuple[str, int, int]]:
    """Each function's name, first line and number of lines, from `def` to its end."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def long_modules(modules: Iterable[Module]) -> list[str]:
    """Modules over the hard limit."""
    return [
        f"{m.name} has {m.lines} lines, over {MAX_MODULE_LINES}" for m in modules if m.lines > MAX_MODULE_LINES
    ]


def long_functions(modules: Iterable[Module]) -> list[str]:
    """Functions over the hard limit."""
    return [
        f"{module.name}:{line} {name} has {length} lines, over {MAX_FUNCTION_LINES}"
        for module in modules
        for name, line, length in functions(module)
        if length > MAX_FUNCTION_LINES
    ]


def module_shape(modules: Sequence[Module]) -> list[str]:
    """A sentence where too few modules are of the usual size."""
    usual = sum(module.lines <= USUAL_MODULE_LINES for module in modules) / max(1, len(modules))
    if usual >= USUAL_SHARE:
        return []
    longer = sorted((m.lines, m.name) for m in modules if m.lines > USUAL_MODULE_LINES)
    return [
        f"{usual:.0%} of modules have ≤ {USUAL_MODULE_LINES} lines, under {USUAL_SHARE:.0%}; longer are {longer}"
    ]


def function_shape(modules: Iterable[Module]) -> list[str]:
    """Sentences where functions are longer than they should usually be."""
    lengths = [length for module in modules for _, _, length in functions(module)]
    if len(lengths) < 2:
        return []
    middle, high = median(lengths), quantiles(lengths, n=10, method="inclusive")[8]
    found = [f"the median function has {middle} lines, over {MEDIAN_FUNCTION_LINES}"] * (
        middle > MEDIAN_FUNCTION_LINES
    )
    return found + [f"the 90th percentile is {high} lines, over {P90_FUNCTION_LINES}"] * (
        high > P90_FUNCTION_LINES
    )


# Handlers, words, names


def broad_handlers(module: Module) -> Iterator[tuple[str, int]]:
    """Where everything is caught and not raised again: the enclosing function's qualified name and the line."""
    for scope, node in _scoped(module.tree, module.name):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node.type) and not _raises_at_end(node.body):
            yield scope, node.lineno
        elif (
            isinstance(node, ast.Call) and _called(node) == "suppress" and any(_is_broad(arg) for arg in node.args)
        ):
            yield scope, node.lineno


def swallowing(modules: Iterable[Module], allowed: Mapping[str, str]) -> list[str]:
    """Broad handlers that `allowed` does not list, and entries of `allowed` that no longer exist."""
    places = [place for module in modules for place in broad_handlers(module)]
    found = [f"{scope}:{line} catches everything" for scope, line in places if scope not in allowed]
    return found + [f"{name} is listed, but catches nothing" for name in allowed if name not in dict(places)]


def _scoped(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield scope, child
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _scoped(child, f"{scope}.{child.name}" if named else scope)  # type: ignore[attr-defined]


def _is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(one) for one in kind.elts)
    return kind is None or ast.unparse(kind).split(".")[-1] in {"Exception", "BaseException"}


def _raises_at_end(body: Sequence[ast.stmt]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise)


UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b|\bfor now\b")


def unfinished(texts: Mapping[str, str]) -> list[str]:
    """Lines that say that something is not done."""
    return [
        f"{name}:{number} says {match.group()!r}"
        for name, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := UNFINISHED.search(line))
    ]


def registry_hosts(texts: Mapping[str, str], hosts: Sequence[str]) -> list[str]:
    """Files that name the host of a package registry."""
    return [f"{name} names {host}" for name, text in texts.items() for host in hosts if host in text]


def unknown_in_root(files: Iterable[str], allowed: frozenset[str]) -> list[str]:
    """Top-level names that have no place there."""
    return sorted({name.split("/")[0] for name in files} - allowed)
