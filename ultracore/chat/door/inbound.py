"""What a browser may send, read into typed values. Everything else raises `InvalidInput`."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass

from ultracore.errors import InvalidInput

# Presses, titles and the sign-in are far below this; messages come over the socket.
MAX_BODY_BYTES = 32 * 1024
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class SocketClaim:
    """The `auth` of a socket's connect: ids that the browser chose, in canonical form, not to be trusted."""

    session_id: str
    thread_id: str | None


@dataclass(frozen=True, slots=True)
class TypedMessage:
    """A message that a person typed. `text` is raw and unbounded here; its length is judged by the desk."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CardPress:
    """A press of `approve` or `decline`."""

    session_id: str
    approval_id: str
    approve: bool


@dataclass(frozen=True, slots=True)
class ChoicePress:
    """A press of one of the answers to a question of ours."""

    session_id: str
    key: str


@dataclass(frozen=True, slots=True)
class StarterPress:
    """A press of one of the suggestions under the greeting."""

    session_id: str
    starter: int


def canonical_uuid4(value: object) -> str:
    """The value, if it is a version 4 UUID written in its one canonical form."""
    if isinstance(value, str) and len(value) == 36:
        try:
            parsed = uuid.UUID(value)
        except ValueError:
            parsed = uuid.UUID(int=0)
        # One form only: the same id in capitals would be another key in every table.
        if parsed.version == 4 and str(parsed) == value:
            return value
    raise InvalidInput("not a canonical version 4 UUID", code="input.uuid")


def read_claim(auth: object) -> SocketClaim:
    """The part of a socket's `auth` that we use."""
    if not isinstance(auth, dict):
        raise InvalidInput("connect without auth", code="input.connect")
    # Any text may stand here, since Chainlit lets the browser choose it; whether it is ours is checked later.
    thread = auth.get("threadId") or None
    if thread is not None and not (isinstance(thread, str) and len(thread) <= LONGEST_ID):
        raise InvalidInput("malformed thread id", code="input.thread")
    return SocketClaim(canonical_uuid4(auth.get("sessionId")), thread)


def read_message(payload: object) -> TypedMessage:
    """A `client_message`. Author, time, parent and metadata of it are never read."""
    message = payload.get("message") if isinstance(payload, dict) else None
    if not isinstance(message, dict):
        raise InvalidInput("malformed message", code="input.message")
    # Chainlit would take a `system_message` as an instruction and an `assistant_message` as an answer of ours.
    if message.get("type") != "user_message":
        raise InvalidInput("a browser may only send user messages", code="input.message_type")
    if isinstance(payload, dict) and payload.get("fileReferences"):
        raise InvalidInput("files are not accepted", code="input.files", sentence="Sorry, I cannot read files.")
    text = message.get("output")
    if not isinstance(text, str):
        raise InvalidInput("a message without text", code="input.message")
    return TypedMessage(canonical_uuid4(message.get("id")), text)


def read_object(body: bytes) -> dict[str, object]:
    """A body that is one JSON object."""
    try:
        data = json.loads(body)
    # Brackets nested by the thousand raise `RecursionError`, which is no `ValueError`.
    except (ValueError, RecursionError) as error:
        raise InvalidInput("not JSON", code="input.json") from error
    if not isinstance(data, dict):
        raise InvalidInput("not a JSON object", code="input.json")
    return data


def read_press(body: bytes) -> CardPress | ChoicePress | StarterPress:
    """The body of `POST /project/action`: exactly our four actions with exactly their payloads."""
    data = read_object(body)
    action = data.get("action")
    payload = action.get("payload") if isinstance(action, dict) else None
    if not isinstance(action, dict) or not isinstance(payload, dict):
        raise InvalidInput("malformed action", code="input.action")
    session_id, name = canonical_uuid4(data.get("sessionId")), action.get("name")
    if name == "approve" or name == "decline":
        return CardPress(session_id, _identifier(payload, "approval_id"), approve=name == "approve")
    if name == "choose":
        return ChoicePress(session_id, _identifier(payload, "key"))
    if name == "ask":
        return StarterPress(session_id, _starter(payload))
    raise InvalidInput("unknown action", code="input.action_name")


def _identifier(payload: dict[str, object], name: str) -> str:
    value = payload.get(name)
    # Exactly this payload: Chainlit runs a callback with any, also for a button that was never shown.
    if set(payload) != {name} or not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID * 2:
        raise InvalidInput(f"malformed payload of {name}", code="input.action_payload")
    return value


def _starter(payload: dict[str, object]) -> int:
    value = payload.get("starter")
    # `type`, because True would pass for 1 elsewhere.
    if set(payload) == {"starter"} and type(value) is int:
        return value
    raise InvalidInput("malformed starter payload", code="input.action_payload")
