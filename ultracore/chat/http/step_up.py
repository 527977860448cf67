"""`POST /step-up`: whether a card's button wants a code, and the code for that one card."""

from __future__ import annotations

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ultracore.chat.door import caller_of, read_object
from ultracore.chat.http.signin import LONGEST_CODE, connection_of
from ultracore.chat.runtime import Runtime
from ultracore.errors import InvalidInput
from ultracore.principal import Connection, Principal

_LONGEST_ID: Final = 128
_LONGEST_ANSWER: Final = 8192


class StepUpDoor:
    """The endpoint of the dialog in `public/step_up.js`. It approves nothing: that is the button's press.

    `framed` for the widget, whose page lies within another: passkeys answer to top-level pages only.
    """

    def __init__(self, runtime: Runtime, *, framed: bool = False) -> None:
        self._runtime = runtime
        self._framed = framed

    async def asked(self, request: Request) -> Response:
        """Without a code: whether one is wanted. With one: `{"proved": true}` if it was right.

        `passkey` is `true` to be asked for one, and then the browser's answer.
        """
        principal, browser = await caller_of(request, self._runtime), connection_of(request)
        sent = read_object(await request.body())
        approval_id, code = sent.get("approval_id"), sent.get("code")
        if not isinstance(approval_id, str) or not 0 < len(approval_id) <= _LONGEST_ID:
            raise InvalidInput("malformed approval id", code="input.step_up")
        step_ups, passkey = self._runtime.app.step_ups, sent.get("passkey")
        if passkey is not None and not self._framed:
            return await self._passkey(approval_id, principal, passkey, browser)
        if code is None:
            look = await step_ups.look(approval_id, principal, browser)
            return JSONResponse({"wanted": look.wanted, "enrolled": look.enrolled})
        if not isinstance(code, str) or len(code) > LONGEST_CODE:
            raise InvalidInput("malformed code", code="input.step_up")
        await step_ups.prove(approval_id, principal, code, browser)
        return JSONResponse({"proved": True})

    async def _passkey(
        self, approval_id: str, principal: Principal, sent: object, browser: Connection
    ) -> Response:
        step_ups = self._runtime.app.step_ups
        if sent is True:
            options = await step_ups.offer(approval_id, principal)
            return JSONResponse({"options": None if options is None else json.loads(options)})
        if not isinstance(sent, str) or len(sent) > _LONGEST_ANSWER:
            raise InvalidInput("malformed answer", code="input.step_up")
        await step_ups.prove_by_passkey(approval_id, principal, sent, browser)
        return JSONResponse({"proved": True})
