"""Pages over the kit: who sees one, which forms count, and what stands on them."""

from __future__ import annotations

import re

import pytest

from tests.web.sample import ORIGIN, Sample, token, visiting


async def test_a_page_shows_its_rows_and_leads_to_the_next_ones() -> None:
    async with visiting(Sample()) as browser:
        first = (await browser.get("/sample?q=visitor")).text
        assert "<h1>Visitors</h1>" in first and "Visitor 24<" in first and "Visitor 25<" not in first
        following = re.findall(r'rel="next" href="([^"]+)"', first)
        assert following == ["?q=visitor&amp;page=2"]
        last = (await browser.get("/sample?q=visitor&page=3")).text
        assert "Visitor 59<" in last and 'rel="next"' not in last and 'rel="prev"' in last


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 5000, "²", "99999"])
async def test_an_odd_number_of_a_page_is_no_error(page: str) -> None:
    async with visiting(Sample()) as browser:
        assert (await browser.get("/sample", params={"page": page})).status_code == 200


async def test_what_people_wrote_is_text_and_never_markup() -> None:
    sample = Sample()
    sample.names = ["<script>alert(1)</script>"]
    async with visiting(sample) as browser:
        answer = await browser.get("/sample", params={"q": ""})
        assert "&lt;script&gt;alert(1)" in answer.text and "<script" not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe-inline" not in policy


async def test_a_stranger_is_led_to_the_sign_in_and_back() -> None:
    async with visiting(Sample(), "nobody") as browser:
        answer = await browser.get("/sample")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/sample")
        assert (await browser.post("/sample", headers={"Origin": ORIGIN})).headers["location"] == "/login"


async def test_another_role_gets_a_403_page_and_the_server_hears_of_it() -> None:
    sample = Sample()
    async with visiting(sample, "teller") as browser:
        answer = await browser.get("/sample")
        assert answer.status_code == 403 and "This page is not for your role." in answer.text
        assert "Visitor" not in answer.text and sample.denied == ["teller /sample"]


async def test_a_form_of_ours_counts_and_a_reload_sends_nothing_again() -> None:
    sample = Sample()
    async with visiting(sample) as browser:
        form = {"name": " Ada ", "form_token": token()}
        answer = await browser.post("/sample", data=form, headers={"Origin": ORIGIN})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sample")
        assert sample.names[0] == "Ada"


@pytest.mark.parametrize("origin", [None, "null", "http://evil.test", "http://bank.test.evil.test"])
async def test_a_form_of_another_origin_changes_nothing(origin: str | None) -> None:
    sample = Sample()
    async with visiting(sample) as browser:
        headers = {} if origin is None else {"Origin": origin}
        answer = await browser.post("/sample", data={"name": "Eve", "form_token": token()}, headers=headers)
        assert answer.status_code == 403 and "nothing was changed" in answer.text
        assert "Eve" not in sample.names


@pytest.mark.parametrize("sent", ["", "x", token("other"), token("teller")])
async def test_a_form_without_this_sessions_token_changes_nothing(sent: str) -> None:
    sample = Sample()
    async with visiting(sample) as browser:
        answer = await browser.post(
            "/sample", data={"name": "Eve", "form_token": sent}, headers={"Origin": ORIGIN}
        )
        assert answer.status_code == 403 and "Eve" not in sample.names


@pytest.mark.parametrize("name", ["", "   ", "x" * 21, "a\0b"])
async def test_a_field_that_cannot_be_used_is_a_sentence(name: str) -> None:
    async with visiting(Sample()) as browser:
        form = {"name": name, "form_token": token()}
        answer = await browser.post("/sample", data=form, headers={"Origin": ORIGIN})
        assert answer.status_code == 400 and 'role="alert">' in answer.text and "name." in answer.text


async def test_an_open_page_takes_forms_of_ours_only() -> None:
    async with visiting(Sample(), "nobody") as browser:
        assert (await browser.get("/open")).text == "open "
        ours = await browser.post("/open", data={"name": "x"}, headers={"Origin": ORIGIN})
        assert ours.text == "open x"
        assert (await browser.post("/open", data={"name": "x"})).status_code == 403


async def test_what_is_not_there_is_a_page_too() -> None:
    async with visiting(Sample()) as browser:
        for answer in (
            await browser.get("/sampler"),
            await browser.put("/sample"),
            await browser.get("/web/x.css"),
        ):
            assert answer.status_code == 404 and "There is no such page." in answer.text
        assert (await browser.get("/sample/a%20b")).text == "a b"


async def test_the_stylesheet_is_kept_for_good_under_a_name_of_its_content() -> None:
    async with visiting(Sample("/anya")) as browser:
        page = (await browser.get("/anya/sample")).text
        styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
        assert re.fullmatch(r"/anya/web/pages\.[0-9a-f]{16}\.css", styles[0])
        answer = await browser.get(styles[0])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith("text/css")
