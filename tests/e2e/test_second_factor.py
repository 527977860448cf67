"""A second factor from its beginning: set up, asked for at the sign-in, and before a payee is saved."""

from __future__ import annotations

import time
from pathlib import Path

import pyotp
from playwright.async_api import Page, expect

from tests.support.app import running_app
from tests.support.customer import Customer
from ultracore.banking.access import DEFAULT_POLICY


def policy_with_step_up(folder: Path) -> Path:
    path = folder / "policy.toml"
    path.write_text(DEFAULT_POLICY.read_text().replace('step_up = "off"', 'step_up = "on"'))
    return path


async def enrol(page: Page) -> tuple[str, int, str]:
    """The key, the step of the code that confirmed it, and a recovery code."""
    await page.fill("#factor_password", "demo")
    await page.get_by_role("button", name="Set up a second factor").click()
    key = (await page.locator("#key").inner_text()).replace(" ", "")
    step = int(time.time()) // 30
    await page.fill("#code", pyotp.TOTP(key).generate_otp(step))
    await page.get_by_role("button", name="Confirm").click()
    return key, step, await page.locator("#codes li").first.inner_text()


async def test_a_factor_is_set_up_asked_for_at_the_sign_in_and_before_a_payee_is_saved(
    page: Page, tmp_path: Path
) -> None:
    with running_app(tmp_path, {"ULTRACORE_POLICY_FILE": str(policy_with_step_up(tmp_path))}) as app:
        await page.goto(f"{app.url}/account")
        await page.fill("#email", "customer1")
        await page.fill("#password", "demo")
        await page.keyboard.press("Enter")
        key, step, recovery = await enrol(page)
        await page.get_by_role("button", name="Sign out").click()

        await page.fill("#email", "customer1")
        await page.fill("#password", "demo")
        await expect(page.get_by_label("Code of your app")).to_be_hidden()
        await page.keyboard.press("Enter")
        await page.get_by_label("Code of your app").fill(recovery)
        await page.keyboard.press("Enter")
        customer = Customer(page, app.url)
        await customer.sees("this conversation is recorded")

        await customer.say("add a payee called Anna Berg, BSB 062-000, account 12345678")
        await expect(customer.button("Save payee")).to_be_enabled()
        await customer.button("Save payee").click()
        dialog = page.get_by_role("dialog", name="Is it you?")
        await dialog.get_by_label("Code of your app").fill("no code")
        await page.keyboard.press("Enter")
        await expect(dialog.get_by_role("alert")).to_contain_text("not right")
        # A later one than the last that was taken, which is good from half a minute before its time.
        await dialog.get_by_label("Code of your app").fill(
            pyotp.TOTP(key).generate_otp(max(step + 1, int(time.time()) // 30))
        )
        await page.keyboard.press("Enter")
        await customer.sees("Payee saved")
        await expect(dialog).to_have_count(0)
