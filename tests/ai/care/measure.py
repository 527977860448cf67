"""How many messages in need the rules find, and how many ordinary ones they take for such."""

from __future__ import annotations

import json
import random
from pathlib import Path

from ultracore.ai.care.detection import find_need
from ultracore.ai.care.values import CareKind, Language

DATA = Path(__file__).parent / "data"
ORDINARY = 1_000
NO_NEED = "none"


def sections(path: Path) -> dict[str, list[str]]:
    """The lines of a file under each of its headings."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            heading = line[2:]
        elif line:
            found.setdefault(heading, []).append(line)
    return found


def ordinary_messages(language: Language) -> list[str]:
    """A thousand different messages: those that are written out, and requests put together from parts."""
    parts = sections(DATA / "ordinary" / f"{language}.txt")
    chance = random.Random(f"ordinary {language}")  # noqa: S311 - the same thousand every time
    whole = parts["whole"]
    made = sorted({_request(parts, chance, language) for _ in range(20 * ORDINARY)} - set(whole))
    return whole + chance.sample(made, ORDINARY - len(whole))


def _request(parts: dict[str, list[str]], chance: random.Random, language: Language) -> str:
    request = chance.choice(parts["request"])
    for name in ("amount", "account", "payee", "date"):
        request = request.replace(f"{{{name}}}", chance.choice(parts[name]))
    opener = chance.choice(["", *parts["opener"]])
    closer = chance.choice(["", *parts["closer"]])
    return ("" if language == "zh" else " ").join(part for part in (opener, request, closer) if part)


def missed(language: Language, where: str = "held_out") -> list[tuple[str, str, str]]:
    """Messages whose kind was not found: kind, what was found, text."""
    lost = []
    for kind, lines in sections(DATA / where / f"{language}.txt").items():
        for line in lines:
            need = find_need(line)
            if need is None or CareKind(kind) not in need.kinds:
                lost.append((kind, "-" if need is None else ",".join(need.kinds), line))
    return lost


def wrongly_found(language: Language) -> list[tuple[str, str]]:
    """Ordinary messages in which a need was found: kinds, text."""
    found = []
    for text in ordinary_messages(language):
        need = find_need(text)
        if need is not None:
            found.append((",".join(need.kinds), text))
    return found


def second_messages(language: Language, where: str = "second") -> list[tuple[str, str]]:
    """The messages of the second writer, or of the `third`: kind, text."""
    lines = (DATA / where / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(row["kind"], row["text"]) for row in map(json.loads, lines)]


def missed_of_second(language: Language, where: str = "second") -> list[tuple[str, str]]:
    """The second or third writer's messages in need whose kind was not found: kind, text."""
    told = second_messages(language, where)
    return [(kind, text) for kind, text in told if kind != NO_NEED and not _is_found(kind, text)]


def wrongly_found_of_second(language: Language, where: str = "second") -> list[str]:
    """The second or third writer's ordinary messages in which a need was found."""
    told = second_messages(language, where)
    return [text for kind, text in told if kind == NO_NEED and find_need(text) is not None]


def near_misses() -> list[str]:
    """Ordinary messages in the words of the rules: who says them is in no need."""
    return (DATA / "near_misses.txt").read_text(encoding="utf-8").splitlines()


def _is_found(kind: str, text: str) -> bool:
    need = find_need(text)
    return need is not None and CareKind(kind) in need.kinds
