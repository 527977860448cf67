"""The values that Chainlit's page understands, built by hand.

`cl.Message` and `cl.Step` would keep every message in a process-wide list for ever, and stop the event loop for a
millisecond each; the page only wants these dictionaries.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Literal

from ultracore.ai.answers import figures_in
from ultracore.ai.profiles import picture_of
from ultracore.audit.masking import mask
from ultracore.languages import language_of, told

Wire = dict[str, Any]
MessageType = Literal["user_message", "assistant_message"]
StepType = MessageType | Literal["tool", "run"]

NAME = "Anya"
ANSWER = "answer"
"""The kind of a message that a model has written: what a person may rate."""
LONGEST_OUTPUT = 16_000
FIGURES = "figures"
"""The key of an answer's metadata under which the page finds the address that tells of its figures."""
FIGURES_WORDS = "figures_words"
"""And the words of the link to it, in the language of the answer."""
_METADATA_KEYS = ("avatarName", "icon", "kind", FIGURES, FIGURES_WORDS)


def now() -> str:
    """The time as the page wants it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def message(text: str, *, author: str, parent: str | None = None, kind: MessageType = "assistant_message") -> Wire:
    """A message. `author` also chooses the avatar, by its first word."""
    return _step(kind, author, text, parent, {"avatarName": picture_of(author.split()[0])})


def tool_step(tool: str, output: str, *, parent: str | None = None) -> Wire:
    """A tool call. `output` is the summary that the person may read; there is never an input.

    It is open while it works; `autoCollapse` closes it at its end."""
    return _step("tool", tool, output, parent, {"icon": "landmark"}) | {"defaultOpen": True}


def run(parent: str | None = None) -> Wire:
    """The invisible frame of one turn; the page shows its waiting mark while the frame has no end."""
    return _step("run", "on_message", "", parent, {}) | {"end": None}


def image(name: str, url: str, *, on: Wire) -> Wire:
    """A picture under the step `on`. `name` is what a screen reader says instead."""
    return {
        "id": str(uuid.uuid4()),
        "threadId": "",
        "forId": on["id"],
        "type": "image",
        "name": name,
        "url": url,
        "mime": "image/svg+xml",
        "display": "inline",
    }


def kept(entry: Wire) -> Wire:
    """A step or a picture as it is kept: masked once more, bounded, with what of its metadata a page needs.

    The text of an answer that is being written is kept as its pieces, and nowhere else.
    """
    whole = dict(entry)
    for text in ("name", "output"):
        if text in whole:
            whole[text] = mask(str(whole[text])[:LONGEST_OUTPUT])
    if whole.get("streaming"):
        whole["output"] = ""
    if "metadata" in whole:
        whole["metadata"] = {key: whole["metadata"][key] for key in _METADATA_KEYS if key in whole["metadata"]}
    return whole


def figures_link(conversation_id: str, step: Wire) -> dict[str, str]:
    """What the page needs for the link below an answer: the address, below the program's root, of the page about
    its figures. Nothing for an answer that has none.
    """
    text = str(step["output"])
    if all(figure.is_small_count for figure in figures_in(text)):
        return {}
    moment = round(datetime.fromisoformat(step["createdAt"]).timestamp() * 1000)
    words = told("Where these figures come from", language_of(text))
    return {FIGURES: f"figures/{conversation_id}/{moment}", FIGURES_WORDS: words}


def sorted_out(entries: list[Wire]) -> tuple[list[Wire], list[Wire]]:
    """The steps and the elements among what is kept."""
    steps = [entry for entry in entries if "forId" not in entry]
    return steps, [entry for entry in entries if "forId" in entry]


def action(
    name: str, label: str, payload: dict[str, Any], *, on: Wire, icon: str | None = None, key: str = ""
) -> Wire:
    """A button under the message `on`. Its id begins with its name, for our style sheet and script."""
    return {
        "id": f"{name}-{key or uuid.uuid4()}",
        "name": name,
        "label": label,
        "tooltip": "",
        "icon": icon,
        "payload": payload,
        "forId": on["id"],
    }


def _step(kind: StepType, name: str, output: str, parent: str | None, metadata: dict[str, str]) -> Wire:
    time = now()
    return {
        "id": str(uuid.uuid4()),
        "parentId": parent,
        "threadId": "",
        "type": kind,
        "name": name,
        "input": "",
        "output": output,
        "createdAt": time,
        "start": time,
        "end": time,
        "streaming": False,
        "isError": False,
        "waitForAnswer": False,
        "showInput": False,
        "defaultOpen": False,
        "metadata": metadata,
    }
