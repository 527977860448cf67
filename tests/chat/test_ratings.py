"""The thumbs under an answer, over a real server with doubles: whose they are, and what the page shows of them."""

from __future__ import annotations

import uuid
from typing import Any

import httpx

from tests.chat.client import Browser, Page, Server, browser_of


async def frame_of_answer(page: Page, text: str = "hello") -> str:
    """Have one turn; the id of its frame, which the page rates by."""
    await page.say(text)
    ended = await page.until(lambda drawn: [data for _, data in drawn if _is_ended_frame(data)], "the answer")
    return str(ended[-1]["id"])


def _is_ended_frame(data: Any) -> bool:
    return isinstance(data, dict) and data.get("type") == "run" and data["end"] is not None


async def rate(browser: Browser, page: Page, frame: object, value: object = 0, **more: Any) -> httpx.Response:
    sent = {"forId": frame, "threadId": "", "value": value, **more}
    return await browser.http.put("/feedback", json={"feedback": sent, "sessionId": page.session_id})


def ratings(page: Page, frame: str) -> list[object]:
    """What the page was shown of the frame's rating, in order."""
    drawn = [data for name, data in page.drawn if name == "update_message" and data["id"] == frame]
    return [(data.get("feedback") or {}).get("value") for data in drawn]


async def test_a_rating_is_shown_on_the_page_and_taken_back(customer: Browser) -> None:
    async with customer.page() as page:
        frame = await frame_of_answer(page)
        answer = await rate(customer, page, frame, comment="no")
        assert answer.status_code == 200, answer.text
        await page.until(lambda _: ratings(page, frame)[-1:] == [0], "the thumb")
        gone = await customer.http.request("DELETE", "/feedback", json={"feedbackId": answer.json()["feedbackId"]})
        assert gone.status_code == 200, gone.text
        await page.until(lambda _: ratings(page, frame)[-1:] == [None], "no thumb")


async def test_somebody_elses_answer_is_like_none(customer: Browser, other: Browser) -> None:
    async with customer.page() as page:
        frame = await frame_of_answer(page)
        given = (await rate(customer, page, frame)).json()["feedbackId"]
        stranger = await rate(other, page, frame)
        guessed = await other.http.request("DELETE", "/feedback", json={"feedbackId": given})
        unknown = await other.http.request("DELETE", "/feedback", json={"feedbackId": f"{uuid.uuid4()}:{frame}"})
    assert (stranger.status_code, guessed.status_code) == (400, 400)
    assert guessed.json() == unknown.json()


async def test_the_words_of_somebody_in_need_are_answered_on_the_page(customer: Browser) -> None:
    async with customer.page() as page:
        frame = await frame_of_answer(page)
        await rate(customer, page, frame, comment="I want to kill myself")
        await page.shows("Numbers to call.")


async def test_what_no_page_of_ours_sends_is_refused(customer: Browser) -> None:
    wrong: list[dict[str, Any]] = [{"value": one} for one in (2, True, "0", None)]
    async with customer.page() as page:
        frame = await frame_of_answer(page)
        for fields in [*wrong, {"comment": 5}, {"forId": "x"}, {"forId": None}]:
            sent = {"forId": frame, "value": 0, **fields}
            body = {"feedback": sent, "sessionId": page.session_id}
            assert (await customer.http.put("/feedback", json=body)).status_code == 400, fields


async def test_a_message_of_the_bank_is_not_rated(customer: Browser) -> None:
    async with customer.page() as page:
        frame = await frame_of_answer(page, "pay")
        assert (await rate(customer, page, frame)).status_code == 400


async def test_without_a_login_nothing_is_rated(chat_server: Server) -> None:
    async with browser_of(chat_server, None) as stranger:
        for method in ("PUT", "DELETE"):
            assert (await stranger.http.request(method, "/feedback", json={})).status_code == 401
