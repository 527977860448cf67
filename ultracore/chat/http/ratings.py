"""`/feedback`: the thumbs under an answer, in the shapes that Chainlit's page sends.

Its own route is not used: it keeps what it is sent under the user name in the cookie, for any message of anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.ai.screen import AnswerFeedback
from ultracore.chat.door import caller_of, canonical_uuid4, read_object
from ultracore.chat.http.open_pages import chat_of
from ultracore.chat.http.signin import connection_of
from ultracore.chat.page import ChainlitView, SharedConversation, wire
from ultracore.chat.runtime import Runtime
from ultracore.errors import InvalidInput
from ultracore.principal import Principal

NOT_RATED = "This cannot be rated."
_WORDS: dict[object, Literal["good", "bad"]] = {1: "good", 0: "bad"}


@dataclass(frozen=True, slots=True)
class _RatedAnswer:
    """An answer on the stage of a conversation of the person who asks, and what the page shows its rating on.

    That is the turn's frame: the page draws one pair of thumbs for a turn, under the last message of it.
    """

    principal: Principal
    conversation: SharedConversation
    frame: wire.Wire
    answer: wire.Wire

    @classmethod
    def of(cls, principal: Principal, conversation: SharedConversation, frame_id: object) -> _RatedAnswer:
        """The last answer of the turn with this frame. Raises `InvalidInput` for anything else."""
        frame = conversation.stage.get(frame_id) if isinstance(frame_id, str) else None
        answers = [one.wire for one in conversation.stage.of_kind("step") if _is_answer(one.wire, frame_id)]
        if frame is None or frame.wire.get("type") != "run" or not answers:
            raise _not_rated()
        return cls(principal, conversation, frame.wire, answers[-1])


class Ratings:
    """Gives and takes back ratings. Somebody else's answer is like one that does not exist."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def give(self, request: Request) -> Response:
        """Rate an answer of the page's conversation, or rate it anew. On the record before the page shows it."""
        principal = await caller_of(request, self._runtime)
        body = read_object(await request.body())
        sent = body.get("feedback")
        if not isinstance(sent, dict) or type(sent.get("value")) is not int or sent["value"] not in _WORDS:
            raise _not_rated()
        chat = await chat_of(self._runtime, canonical_uuid4(body.get("sessionId")), principal, request)
        place = _RatedAnswer.of(principal, chat.conversation, sent.get("forId"))
        comment = sent.get("comment") or ""
        if not isinstance(comment, str):
            raise _not_rated()
        await self._rate(place, _WORDS[sent["value"]], comment, request)
        feedback_id = f"{chat.conversation_id}:{place.frame['id']}"
        told = {"id": feedback_id, "forId": place.frame["id"], "value": sent["value"]}
        await chat.conversation.stage.put(place.frame | {"feedback": told})
        return JSONResponse({"success": True, "feedbackId": feedback_id})

    async def withdraw(self, request: Request) -> Response:
        """Take a rating back: the record keeps both."""
        principal, app = await caller_of(request, self._runtime), self._runtime.app
        given = read_object(await request.body()).get("feedbackId")
        conversation_id, _, frame_id = given.partition(":") if isinstance(given, str) else ("", "", "")
        owner = await app.conversations.owner(canonical_uuid4(conversation_id))
        if owner is None or not owner.belongs_to(principal):
            raise _not_rated()
        conversation = self._runtime.conversation(conversation_id, principal)
        await conversation.fill()
        place = _RatedAnswer.of(principal, conversation, frame_id)
        await self._rate(place, "withdrawn", "", request)
        await conversation.stage.put({name: value for name, value in place.frame.items() if name != "feedback"})
        return JSONResponse({"success": True})

    async def _rate(
        self, place: _RatedAnswer, rating: Literal["good", "bad", "withdrawn"], comment: str, request: Request
    ) -> None:
        words = await self._runtime.app.desk.rate(
            AnswerFeedback(
                login_id=place.principal.login_id,
                conversation_id=place.conversation.conversation_id or "",
                text=place.answer["output"],
                shown_at=datetime.fromisoformat(place.answer["createdAt"]),
                rating=rating,
                comment=comment,
                connection=connection_of(request),
            )
        )
        if words is not None:
            await ChainlitView(place.conversation).message(words, kind="care")


def _is_answer(step: wire.Wire, frame_id: object) -> bool:
    written = step.get("metadata", {}).get("kind") == wire.ANSWER and not step.get("streaming")
    return written and step.get("parentId") == frame_id


def _not_rated() -> InvalidInput:
    return InvalidInput("no answer that can be rated", code="input.feedback", sentence=NOT_RATED)
