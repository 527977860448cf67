"""The baseline: the Chainlit app of the manual. It streams what the endpoint says, and does nothing else.

The same sign-in, the same SDK, the same endpoint (`OPENAI_BASE_URL`) as ours; no record, no limits, no tools.
"""

from __future__ import annotations

import chainlit
from openai import AsyncOpenAI

client = AsyncOpenAI()
DEMO = "demo"


@chainlit.password_auth_callback
async def sign_in(username: str, password: str) -> chainlit.User | None:
    """Let in any user with the demo password."""
    return chainlit.User(identifier=username) if password == DEMO else None


@chainlit.on_message
async def answer(message: chainlit.Message) -> None:
    """Stream one answer."""
    reply = chainlit.Message(content="")
    stream = await client.chat.completions.create(
        model="gpt-4.1-mini", messages=[{"role": "user", "content": message.content}], stream=True
    )
    async for chunk in stream:
        if chunk.choices and (token := chunk.choices[0].delta.content):
            await reply.stream_token(token)
    await reply.update()  # type: ignore[no-untyped-call]  # Chainlit has no type here
