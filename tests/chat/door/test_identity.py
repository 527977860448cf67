"""The cookie says which login it is; the session in Redis says whether that login lasts."""

from __future__ import annotations

import time

import jwt
import pytest
from chainlit.auth.jwt import decode_jwt

from ultracore.chat.door import login_of_cookies, token_for
from ultracore.principal import Principal, Role

SECRET = "0123456789abcdef" * 4
PERSON = Principal(tenant_id="tenant_1", user_id="ada", login_id="login-1", roles=frozenset({Role.CUSTOMER}))


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINLIT_AUTH_SECRET", SECRET)


def test_a_login_is_named_by_its_cookie() -> None:
    assert login_of_cookies({"access_token": token_for(PERSON)}) == "login-1"


@pytest.mark.parametrize("shift", [-7200, 2, 7200])
def test_a_clock_that_has_stepped_ends_no_login(shift: int) -> None:
    now = int(time.time())
    claims = {"identifier": "ada", "metadata": {"login": "login-1"}, "iat": now + shift, "exp": now + shift - 60}
    assert login_of_cookies({"access_token": jwt.encode(claims, SECRET, algorithm="HS256")}) == "login-1"


def test_the_page_reads_the_cookie_whatever_the_clock_says() -> None:
    token = token_for(PERSON)
    assert "iat" not in jwt.decode(token, SECRET, algorithms=["HS256"])
    assert decode_jwt(token).identifier == "ada"


@pytest.mark.parametrize("secret", ["another secret of the same length" * 2])
def test_a_cookie_of_another_secret_names_nobody(secret: str) -> None:
    claims = {"identifier": "ada", "metadata": {"login": "login-1"}, "exp": 9_999_999_999}
    assert login_of_cookies({"access_token": jwt.encode(claims, secret, algorithm="HS256")}) is None
    assert login_of_cookies({"access_token": jwt.encode(claims, "", algorithm="none")}) is None
