"""Sign-in by a proxy: by an assertion that it has signed, never by the header alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from tests.oidc.desk import BROWSER, Desk
from tests.oidc.gateway import AUDIENCE, HEADER, MAPPING, claims, table_of
from tests.widget.signing import Signer, put_together
from ultracore.audit.defaults import master_key
from ultracore.chat.door import TrustedProxies, networks_of
from ultracore.errors import OperatorError
from ultracore.oidc import ProviderRefused, SignOn, open_sign_on, read_providers
from ultracore.principal import Role
from ultracore.settings import Settings

PROXIES = ("10.0.0.0/8",)
LISTED, STRANGER = "10.1.2.3", "198.51.100.7"


def gateway(desk: Desk, folder: Path, more: str = "", proxies: Sequence[str] = PROXIES) -> SignOn:
    file = folder / "gateway.toml"
    file.write_text(table_of(desk.provider, more))
    settings = Settings(data_dir=folder, oidc_file=file, trusted_proxies=tuple(proxies))
    sign_on = open_sign_on(settings, desk.bank, desk.trail, desk.identity, master_key(settings).digest)
    assert sign_on is not None
    return sign_on


def signed(desk: Desk, **changes: Any) -> str:
    signer = desk.provider.signer
    return signer.signed({"alg": signer.algorithm, "kid": signer.key_id}, claims(**changes))


async def request(*assertions: str, peer: str = LISTED) -> Request:
    """A request as it is after the door, with so many headers."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError("nothing is read")

    headers = [(HEADER.lower().encode(), one.encode()) for one in assertions]
    scope = {
        "type": "http",
        "headers": headers,
        "client": (peer, 1),
        "scheme": "http",
        "path": "/",
        "method": "GET",
    }
    await TrustedProxies(app, networks_of(PROXIES))(scope, nothing, nothing)
    return Request(seen[0])


async def refused(sign_on: SignOn, asked: Request) -> str:
    with pytest.raises(ProviderRefused) as refusal:
        await sign_on.asserted("gateway", asked, spend=True)
    return refusal.value.reason


async def test_an_assertion_signs_in_the_login_that_it_is_connected_to_and_counts_once(
    desk: Desk, tmp_path: Path
) -> None:
    sign_on, person = gateway(desk, tmp_path), await desk.bank.users.get("teller1")
    assert person is not None
    first = await request(signed(desk))
    proof = await sign_on.asserted("gateway", first, spend=False)
    with pytest.raises(ProviderRefused, match="connected to no login"):
        await sign_on.person(proof, BROWSER)
    await sign_on.connect(proof, person.principal("login-1"), BROWSER)
    proof = await sign_on.asserted("gateway", first, spend=True)
    assert (await sign_on.person(proof, BROWSER)).user_id == "teller1"
    # The session that it began is revoked: the same assertion begins no other one.
    assert await refused(sign_on, first) == "spent"
    assert await refused(gateway(desk, tmp_path), first) == "spent"
    renewed = await request(signed(desk, iat=int(time.time()) - 5))
    assert (await sign_on.asserted("gateway", renewed, spend=True)).subject == "anna-at-the-gateway"


FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("audience", {"aud": "another-program"}),
    ("audience", {"aud": None}),
    ("audience", {"aud": [AUDIENCE, "another-program"]}),
    ("issuer", {"iss": "https://elsewhere.example"}),
    ("issuer", {"iss": None}),
    ("clock", {"exp": 1_000_000_000}),
    ("clock", {"iat": 1_000_000_000}),
    ("clock", {"iat": 4_000_000_000, "exp": 4_000_000_600}),
    ("clock", {"nbf": 4_000_000_000}),
    ("claims", {"exp": None}),
    ("claims", {"iat": None}),
    ("claims", {"sub": None}),
    ("claims", {"sub": "x" * 300}),
    ("claims", {"events": {}}),
]


async def test_an_assertion_that_is_not_for_us_now_signs_nobody_in(desk: Desk, tmp_path: Path) -> None:
    sign_on = gateway(desk, tmp_path)
    for reason, changes in FORGERIES:
        assert (await refused(sign_on, await request(signed(desk, **changes))), changes) == (reason, changes)


async def test_an_assertion_by_another_hand_signs_nobody_in(desk: Desk, tmp_path: Path) -> None:
    sign_on, thief, key_id = gateway(desk, tmp_path), Signer("RS256", key_id="thief"), desk.provider.signer.key_id
    address = f"{desk.provider.url}/stolen"
    forged = [
        ("algorithm", put_together({"alg": "none", "kid": key_id}, claims())),
        ("algorithm", desk.provider.signer.signed({"alg": "HS256", "kid": key_id}, claims())),
        ("signature", thief.signed({"alg": "RS256", "kid": key_id}, claims())),
        ("key", thief.signed({"alg": "RS256", "kid": "thief", "jku": address, "x5u": address}, claims())),
        ("key", thief.signed({"alg": "RS256", "kid": "thief", "jwk": thief.jwk()}, claims())),
        ("malformed", "anna"),
        ("malformed", ""),
        ("malformed", "x" * 20_000),
    ]
    for reason, token in forged:
        assert (await refused(sign_on, await request(token)), token[:80]) == (reason, token[:80])
    assert "/stolen" not in desk.provider.asked


async def test_a_bare_header_two_of_them_and_one_from_a_stranger_are_nobody(desk: Desk, tmp_path: Path) -> None:
    sign_on, good = gateway(desk, tmp_path), signed(desk)
    assert await refused(sign_on, await request()) == "absent"
    assert await refused(sign_on, await request(good, good)) == "absent"
    assert await refused(sign_on, await request(good, peer=STRANGER)) == "absent"
    assert await refused(sign_on, await request("teller1")) == "malformed"
    # Another provider's name has no assertions, and a proxy has no way to anywhere.
    with pytest.raises(ProviderRefused):
        await desk.sign_on.asserted("staff", await request(good), spend=True)
    with pytest.raises(ProviderRefused):
        await sign_on.begin("gateway")
    assert (await sign_on.asserted("gateway", await request(good), spend=True)).subject == "anna-at-the-gateway"


async def test_roles_come_of_the_mapping_and_none_that_takes_two_persons(desk: Desk, tmp_path: Path) -> None:
    said = {"login": "anna7", "groups": ["tellers", "bosses"], "roles": ["supervisor"]}
    plain, mapping = gateway(desk, tmp_path), gateway(desk, tmp_path, MAPPING)
    proof = await plain.asserted("gateway", await request(signed(desk, **said)), spend=True)
    with pytest.raises(ProviderRefused, match="connected to no login"):
        await plain.person(proof, BROWSER)
    person = await mapping.person(proof, BROWSER)
    assert (person.user_id, set(person.roles)) == ("anna7", {Role.TELLER})


async def test_a_proxy_that_cannot_be_meant_keeps_the_program_from_starting(desk: Desk, tmp_path: Path) -> None:
    for proxies in ((), ("none",)):
        with pytest.raises(OperatorError, match="ULTRACORE_TRUSTED_PROXIES"):
            gateway(desk, tmp_path, proxies=proxies)
    for wrong in ('client_secret_file = "/etc/secret"', 'scopes = ["profile"]'):
        with pytest.raises(OperatorError):
            gateway(desk, tmp_path, wrong)
    text = table_of(desk.provider)
    for old, new in ((HEADER, "Authorization"), (f"{desk.provider.url}/keys", "http://10.0.0.1/keys"),
                     (f'assertion_header = "{HEADER}"', "")):  # fmt: skip
        (tmp_path / "wrong.toml").write_text(text.replace(old, new))
        with pytest.raises(OperatorError):
            read_providers(tmp_path / "wrong.toml", demo=True)
