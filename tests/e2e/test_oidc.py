"""Signing in at a provider, in a browser: connected by its owner, in, out, and ended by the provider's word."""

from __future__ import annotations

from pathlib import Path

import httpx
from playwright.async_api import Page, expect

from tests.oidc import gateway
from tests.oidc.desk import file_of
from tests.oidc.provider_server import Provider, running_provider
from tests.support.app import RunningApp, running_app
from tests.support.customer import Customer
from tests.support.deadlines import PATIENCE

ONLY_THERE = """
[other]
label = "Southern Mutual"
issuer = "http://127.0.0.1:9"
client_id = "anya"
tenant = "tenant_2"
break_glass = []
"""


async def connect(page: Page, app: RunningApp) -> None:
    """Signed in by password, a person connects their account; a wrong password connects nothing."""
    await page.goto(f"{app.url}/account")
    await page.fill("#email", "customer1")
    await page.fill("#password", "demo")
    await page.keyboard.press("Enter")
    for password in ("wrong", "demo"):
        await page.fill("#password_for_staff", password)
        await page.get_by_role("button", name="Connect", exact=True).click()
        if password == "wrong":
            await expect(page.get_by_text("The password is not right")).to_be_visible()
    await page.get_by_role("link", name="Go on to").click()
    await expect(page.get_by_text("Connected: from now on")).to_be_visible()


async def notice(app: RunningApp, token: str) -> int:
    """The status of the answer to a provider's notice."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(f"{app.url}/oidc/backchannel-logout", data={"logout_token": token})
    return answer.status_code


async def by_password(app: RunningApp, password: str) -> tuple[int, str]:
    """What a person gets who signs in at a provider only."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(f"{app.url}/login", data={"username": "customer9", "password": password})
    return answer.status_code, answer.text


async def by_a_gateway(app: RunningApp, provider: Provider) -> None:
    """The assertion of a proxy signs in once; without one, nobody."""
    signer = provider.signer
    head = {"alg": signer.algorithm, "kid": signer.key_id}
    told = signer.signed(head, gateway.claims(login="anna7", groups=["tellers"]))
    async with httpx.AsyncClient(base_url=app.url, timeout=PATIENCE) as client:
        bare = await client.get("/oidc/gateway")
        done = await client.get("/oidc/gateway", headers={gateway.HEADER: told})
        assert (await client.get("/user")).json()["identifier"] == "anna7"
        again = await client.get("/oidc/gateway", headers={gateway.HEADER: told})
    places = [one.headers["location"] for one in (bare, done, again)]
    assert places == ["/login?refused=absent", "/", "/login?refused=spent"]


async def signed_out_by(page: Page, app: RunningApp, provider: Provider) -> None:
    """The provider's word ends the session that it began, on the open page too."""
    token = provider.notice()
    assert [await notice(app, token), await notice(app, token), await notice(app, "x.y.z")] == [200, 400, 400]
    await expect(page.get_by_label("User name")).to_be_visible()


async def test_a_person_connects_an_account_signs_in_with_it_and_is_signed_out_by_the_provider(
    page: Page, tmp_path: Path
) -> None:
    with running_provider() as provider:
        # Of the other tenant, so that the page of the person here offers one provider.
        tables = ONLY_THERE + gateway.table_of(provider, gateway.MAPPING).replace("tenant_1", "tenant_2")
        environment = {
            "ULTRACORE_OIDC_FILE": str(file_of(tmp_path, provider, tables)),
            "ULTRACORE_TRUSTED_PROXIES": "127.0.0.1/32",
        }
        with running_app(tmp_path, environment) as app:
            await connect(page, app)
            await page.get_by_role("button", name="Sign out", exact=True).click()
            provider_link = page.get_by_role("link", name="Staff & sign-in", exact=True)
            await provider_link.click()
            await Customer(page, app.url).sees("this conversation is recorded")
            await signed_out_by(page, app, provider)

            provider.claims = {"aud": "another-program"}
            await provider_link.click()
            await expect(page.get_by_role("alert")).to_contain_text("could not be trusted")
            assert await by_password(app, "demo") == await by_password(app, "wrong")
            await by_a_gateway(app, provider)
            rows = app.rows("audit", "export", "--all")
    told = [(row["event_type"], row["metadata"]) for row in rows if "staff" in str(row.get("metadata"))]
    assert ("login", {"source": "staff"}) in told
    assert ("login_failed", {"source": "staff", "reason": "oidc.audience"}) in told
