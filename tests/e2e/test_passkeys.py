"""A passkey from its beginning: added, taken at the sign-in, and before a payee is saved."""

from __future__ import annotations

import time
from pathlib import Path

import pyotp
from playwright.async_api import Page, expect

from tests.e2e.test_second_factor import enrol, policy_with_step_up
from tests.support.app import running_app
from tests.support.customer import Customer


async def plug_in(page: Page) -> None:
    """An authenticator of Chromium's own, which says that it has verified the person."""
    devices = await page.context.new_cdp_session(page)
    await devices.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    verified = {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    await devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**kind, **verified}})


async def sign_in(page: Page) -> None:
    await page.fill("#email", "customer1")
    await page.fill("#password", "demo")
    await page.keyboard.press("Enter")


async def test_a_passkey_is_added_and_taken_at_the_sign_in_and_before_a_payee_is_saved(
    page: Page, tmp_path: Path
) -> None:
    with running_app(tmp_path, {"ULTRACORE_POLICY_FILE": str(policy_with_step_up(tmp_path))}) as app:
        # Browsers have passkeys for names only.
        address = app.url.replace("127.0.0.1", "localhost")
        await plug_in(page)
        await page.goto(f"{address}/account")
        await sign_in(page)
        key, step, _ = await enrol(page)
        await page.get_by_role("link", name="I have kept them").click()
        await page.fill("#passkey_name", "My phone")
        await page.fill("#passkey_password", "demo")
        # A later one than the last that was taken, which is good from half a minute before its time.
        await page.fill("#passkey_code", pyotp.TOTP(key).generate_otp(max(step + 1, int(time.time()) // 30)))
        await page.get_by_role("button", name="Add a passkey").click()
        await page.get_by_role("button", name="Make the passkey").click()
        await expect(page.get_by_role("cell", name="My phone")).to_be_visible(timeout=60_000)
        await page.get_by_role("button", name="Sign out", exact=True).click()

        await sign_in(page)
        await page.get_by_role("button", name="Use a passkey").click()
        customer = Customer(page, address)
        await customer.sees("this conversation is recorded")

        await customer.say("add a payee called Anna Berg, BSB 062-000, account 12345678")
        await expect(customer.button("Save payee")).to_be_enabled()
        await customer.button("Save payee").click()
        dialog = page.get_by_role("dialog", name="Is it you?")
        await dialog.get_by_role("button", name="Use a passkey").click()
        await customer.sees("Payee saved")
        await expect(dialog).to_have_count(0)
