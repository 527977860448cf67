"""The figures of the house: sizes, cycles, protocols, English. `make figures ARGS=/path/of/a/checkout`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median, quantiles

from tests.support import architecture as rules
from tests.support import import_graph as graphs
from tests.support import prose
from tests.support.architecture import Module

Figure = tuple[str, object]


def figures(root: Path) -> Iterator[Figure]:
    """Each figure of the package `ultracore` in the checkout `root`, with its name."""
    modules = rules.load_modules(root, "ultracore")
    texts = {path: path.read_text("utf-8") for path in sorted((root / "ultracore").rglob("*.py"))}
    yield from _sizes(modules)
    yield from _imports(modules)
    yield from _names(modules)
    yield from _english(modules, texts.values())


def _sizes(modules: list[Module]) -> Iterator[Figure]:
    lines = [module.lines for module in modules]
    lengths = [length for module in modules for _, _, length in rules.functions(module)]
    folders = Counter(module.name if module.is_package else module.name.rpartition(".")[0] for module in modules)
    largest, count = folders.most_common(1)[0]
    yield "modules", len(modules)
    yield "lines", sum(lines)
    yield "folders", len(folders)
    yield "modules in the largest folder", f"{count} ({largest})"
    yield "folders with more than 20 modules", sum(number > 20 for number in folders.values())
    yield "modules of at most 300 lines", f"{sum(number <= 300 for number in lines) / len(lines):.1%}"
    yield "lines of the longest module", max(lines)
    yield "functions", len(lengths)
    yield "lines of a function, median", f"{median(lengths):g}"
    yield "lines of a function, 90th percentile", f"{quantiles(lengths, n=10, method='inclusive')[8]:g}"


def _imports(modules: list[Module]) -> Iterator[Figure]:
    """The published names of `ultracore.ai` lie above it and are loaded when they are first used: not counted."""
    lazy = {name: {"ultracore.published": ""} for name in ("ultracore.ai", "ultracore.ai.mcp")}
    graph = graphs.ImportGraph(modules, lazy)
    yield "cycles between files", len(graphs.file_cycles(graph))
    yield "cycles between packages", len(graphs.package_cycles(graph))
    yield "imports past a face", len(graphs.past_faces(graph, (), ()))


def _names(modules: list[Module]) -> Iterator[Figure]:
    yield "classes", sum(1 for module in modules for _ in prose.classes(module))
    yield "protocols", len(prose.protocols(modules))
    yield "class names with two meanings", len(prose.repeated_classes(modules, {}))
    yield "classes named by a gerund", len(prose.gerunds(modules))


def _english(modules: list[Module], texts: Iterable[str]) -> Iterator[Figure]:
    docs = [doc for module in modules for doc in prose.docstrings(module)]
    remarks = [remark for text in texts for _, remark in prose.comments(text)]
    reasons = sum(bool(prose.REASON.search(remark)) for remark in remarks)
    thousands = sum(module.lines for module in modules) / 1000
    yield "docstrings", len(docs)
    yield (
        'docstrings with "where"',
        _share(sum(bool(prose.PLACE_FOR_CONDITION.search(d.text)) for d in docs), docs),
    )
    yield "docstrings that begin with nobody, whoever, …", _share(len(prose.vague_openings(modules)), docs)
    yield "comments a 1,000 lines", f"{len(remarks) / thousands:.1f}"
    yield "comments with a reason a 1,000 lines", f"{reasons / thousands:.1f}"


def _share(count: int, of: list[prose.Docstring]) -> str:
    return f"{count} ({count / len(of):.1%})"


def main(root: Path) -> None:
    """Print the figures of a checkout, one a line."""
    for name, value in figures(root):
        sys.stdout.write(f"{name:<48} {value}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
