"""Signing in at a provider: whom it signs in, and what everybody gets who is not that person."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tests.banking.ledgers import in_file
from tests.banking.support import MovableClock
from tests.identity.house import ADMIN
from tests.oidc.desk import BROWSER, Desk, configured, opened
from tests.oidc.provider_server import Provider, running_provider
from tests.widget.signing import Signer, put_together
from ultracore.identity import Actor, IdentityRefused
from ultracore.oidc import ProviderRefused
from ultracore.oidc.attempts import AuthorizationRequests
from ultracore.oidc.endpoint import ProviderEndpoint
from ultracore.oidc.tokens import ProviderTokens
from ultracore.principal import Role

MAKES_LOGINS = """create_logins = true
roles_claim = "realm.groups"
customer_claim = "customer"
[staff.roles]
tellers = ["teller"]
lenders = ["lender"]
bosses = ["supervisor", "administrator"]
"""


async def test_an_account_that_is_connected_signs_its_login_in(each_desk: Desk) -> None:
    await each_desk.connect("customer1")
    person = await each_desk.sign_in()
    assert person.user_id == "customer1" and person.customer_id == "cust_1"
    assert each_desk.provider.asked.count("/keys") == 1


async def test_an_account_that_is_not_connected_signs_nobody_in_whatever_it_calls_itself(desk: Desk) -> None:
    desk.provider.person |= {"email": "customer1@bank.example", "preferred_username": "customer1"}
    assert await desk.refused() == "unknown"


async def test_the_same_subject_of_another_issuer_is_another_account(
    ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider
) -> None:
    with running_provider() as other:
        more = f'[other]\nlabel = "Other"\nissuer = "{other.url}"\nclient_id = "anya"\ntenant = "tenant_1"'
        other.is_public = True
        async with opened(in_file(ledger_file), clock, tmp_path, provider, more) as desk:
            await desk.connect("customer1")
            with pytest.raises(ProviderRefused) as refusal:
                await desk.sign_on.person(await desk.prove("other"), BROWSER)
    assert refusal.value.reason == "unknown"


async def test_an_account_signs_in_one_login_only(desk: Desk) -> None:
    await desk.connect("customer1")
    with pytest.raises(ProviderRefused) as refusal:
        await desk.connect("customer2")
    assert refusal.value.reason == "taken"


async def test_a_login_that_was_closed_is_not_signed_in(desk: Desk) -> None:
    await desk.connect("customer1")
    await desk.identity.administration.disable(ADMIN, "customer1")
    assert await desk.refused() == "closed"


async def test_a_login_with_a_second_factor_wants_one_at_the_provider(desk: Desk, clock: MovableClock) -> None:
    await desk.connect("customer1")
    key = (await desk.identity.factors.begin("customer1", "demo")).key.replace(" ", "")
    await desk.identity.factors.confirm("customer1", pyotp.TOTP(key).at(clock()), BROWSER)
    desk.provider.person["amr"] = ["pwd"]
    assert await desk.refused() == "factor"
    desk.provider.person["acr"] = "urn:bank:two"
    assert (await desk.sign_in()).user_id == "customer1"


async def test_a_password_is_for_those_who_are_named_and_have_a_second_factor(
    ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider
) -> None:
    async with opened(in_file(ledger_file), clock, tmp_path, provider, 'break_glass = ["admin1"]') as desk:

        async def taken(login: str) -> bool:
            person = await desk.bank.users.get(login)
            assert person is not None
            return desk.sign_on.takes_password(person)

        assert [await taken(one) for one in ("admin1", "customer1", "customer9")] == [False, False, True]
        for login in ("admin1", "customer1"):
            key = (await desk.identity.factors.begin(login, "demo")).key.replace(" ", "")
            await desk.identity.factors.confirm(login, pyotp.TOTP(key).at(clock()), BROWSER)
        assert [await taken(one) for one in ("admin1", "customer1")] == [True, False]


# What an attacker has, and the reason for which it signs nobody in.
FORGERIES: list[tuple[str, dict[str, Any]]] = [
    ("audience", {"aud": "another-program"}),
    ("audience", {"aud": ["anya", "another-program"]}),
    ("audience", {"aud": ["anya"], "azp": "another-program"}),
    ("issuer", {"iss": "https://login.elsewhere.example"}),
    ("nonce", {"nonce": "of-somebody-else"}),
    ("nonce", {"nonce": None}),
    ("clock", {"exp": 1_000_000_000}),
    ("clock", {"iat": 1_000_000_000}),
    ("claims", {"iat": None}),
    ("claims", {"exp": "soon"}),
    ("claims", {"sub": ""}),
    ("claims", {"events": {}}),
]


async def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(desk: Desk) -> None:
    for reason, desk.provider.claims in FORGERIES:
        assert (await desk.refused(), reason) == (reason, reason)


NO_NOTICES: list[tuple[str, dict[str, Any]]] = [
    ("nonce", {"nonce": "n"}),
    ("events", {"events": None}),
    ("events", {"events": {"other": {}}}),
    ("claims", {"sub": None, "sid": None}),
    ("claims", {"jti": None}),
    ("claims", {"iat": None}),
    ("audience", {"aud": "another"}),
    ("issuer", {"iss": "https://elsewhere.example"}),
    ("clock", {"iat": 1_000_000_000}),
]


def _with_header(provider: Provider, header: dict[str, Any], signer: Signer | None = None) -> str:
    by = signer or provider.signer
    return by.signed({"alg": by.algorithm, "kid": provider.signer.key_id, **header}, provider.said(nonce="x"))


async def test_a_signature_by_another_hand_signs_nobody_in(desk: Desk) -> None:
    provider = desk.provider
    thief = Signer("RS256", key_id="thief")
    forged = {
        # The public key as a shared secret, and no signature at all.
        "algorithm": [
            _with_header(provider, {"alg": "HS256"}),
            put_together({"alg": "none", "kid": provider.signer.key_id}, provider.said(nonce="x")),
        ],
        "signature": [_with_header(provider, {}, thief)],
        # Keys that the token brings along, or says where to get.
        "key": [
            _with_header(provider, {"kid": "thief", "jku": f"{provider.url}/stolen"}, thief),
            _with_header(provider, {"kid": "thief", "jwk": thief.jwk(), "x5u": f"{provider.url}/stolen"}, thief),
        ],
        "malformed": ["no token", "a.b.c", "x" * 20_000],
    }
    for reason, tokens in forged.items():
        for provider.id_token in tokens:
            assert await desk.refused() == reason
    assert "/stolen" not in provider.asked


class _Unnamed(Signer):
    """A key that is published without its algorithm."""

    def jwk(self) -> dict[str, Any]:
        return {name: value for name, value in super().jwk().items() if name != "alg"}


async def test_a_token_is_signed_in_the_way_of_its_key_and_in_no_other(tmp_path: Path, provider: Provider) -> None:
    for signer in (Signer("PS256"), _Unnamed("PS256"), Signer("ES384"), _Unnamed("RS256"), Signer("EdDSA")):
        provider.signer = signer
        tokens = ProviderTokens(ProviderEndpoint(configured(tmp_path, provider)))
        assert (await tokens.proof(provider.token(nonce="n"), "n")).subject == "sub-1"
        # Of the same family, by the same key; by its public half as a secret; and not at all.
        others = {"RS256": "PS256", "PS256": "PS384", "ES384": "ES256", "EdDSA": "EdDSA448"}
        for algorithm in (
            others[signer.algorithm] if not isinstance(signer, _Unnamed) else "RS512",
            "HS256",
            "none",
        ):
            head = {"alg": algorithm, "kid": signer.key_id}
            forged = put_together(head, provider.said(nonce="n"), b"x" * 256)
            with pytest.raises(ProviderRefused) as refusal:
                await tokens.proof(forged, "n")
            assert (refusal.value.reason, algorithm) == ("algorithm", algorithm)


async def test_an_administrator_sees_the_connected_accounts_and_takes_them_away(each_desk: Desk) -> None:
    desk, administration = each_desk, each_desk.identity.administration
    await desk.connect("teller1")
    (account,) = await administration.book.accounts_of("teller1")
    assert (account.issuer, account.subject, account.made_by) == (desk.provider.url, "sub-1", "teller1")
    stranger = Actor(name="admin9", tenant_id="tenant_2")
    with pytest.raises(IdentityRefused, match="no such login"):
        await administration.disconnect(stranger, "teller1")
    assert not (await administration.disconnect(ADMIN, "teller1")).waiting
    assert await administration.book.accounts_of("teller1") == [] and await desk.refused() == "unknown"
    with pytest.raises(IdentityRefused, match="No account"):
        await administration.disconnect(ADMIN, "teller1")
    (event,) = [one for one in await desk.trail.get_recent_events("tenant_1") if one.action == "user.disconnect"]
    assert ((event.metadata or {})["by"], event.resource_id, event.result) == ("admin1", "teller1", "success")


async def test_of_a_privileged_login_two_administrators_take_them_away(desk: Desk) -> None:
    administration = desk.identity.administration
    await desk.connect("supervisor1")
    (waiting,) = (await administration.disconnect(ADMIN, "supervisor1")).waiting
    with pytest.raises(IdentityRefused):
        await administration.confirm(ADMIN, waiting.request_id)
    assert (await desk.sign_in()).user_id == "supervisor1"
    await administration.confirm(Actor(name="admin2", tenant_id="tenant_1"), waiting.request_id)
    assert await desk.refused() == "unknown"


async def test_what_another_browser_has_begun_is_not_finished_in_this_one(desk: Desk) -> None:
    _, told = await desk.go()
    mine, _ = await desk.go()
    for cookie in (mine.cookie, "", "e30.x", mine.cookie[:-1]):
        with pytest.raises(ProviderRefused) as refusal:
            await desk.sign_on.complete("staff", cookie, told)
        assert refusal.value.reason == "state"


async def test_a_code_and_a_token_count_once(desk: Desk) -> None:
    attempt, told = await desk.go()
    await desk.sign_on.complete("staff", attempt.cookie, told)
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.complete("staff", attempt.cookie, told)
    assert refusal.value.reason == "code"
    desk.provider.codes[told["code"]] = {"redirect_uri": "http://127.0.0.1:8000/oidc/staff/callback",
                                         "nonce": attempt.nonce, "code_challenge": attempt.challenge}  # fmt: skip
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.complete("staff", attempt.cookie, told)
    assert refusal.value.reason == "used"


async def test_a_code_of_somebody_else_is_worth_nothing_in_ones_own_browser(desk: Desk) -> None:
    _, stolen = await desk.go()
    mine, told = await desk.go()
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.complete("staff", mine.cookie, told | {"code": stolen["code"]})
    assert refusal.value.reason == "code"


async def test_an_answer_of_another_provider_is_not_taken_for_this_ones(desk: Desk) -> None:
    attempt, told = await desk.go()
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.complete("staff", attempt.cookie, told | {"iss": "https://other.example"})
    assert refusal.value.reason == "issuer"


async def test_keys_that_were_rotated_are_fetched_again_at_most_once_a_minute(
    tmp_path: Path, provider: Provider
) -> None:
    now = [0.0]
    tokens = ProviderTokens(ProviderEndpoint(configured(tmp_path, provider), lambda: now[0]))
    await tokens.proof(provider.token(nonce="n"), "n")
    provider.rotate()
    for _ in range(3):
        with pytest.raises(ProviderRefused, match="no key"):
            await tokens.proof(provider.token(nonce="n"), "n")
    now[0] = 61.0
    assert (await tokens.proof(provider.token(nonce="n"), "n")).subject == "sub-1"
    assert provider.asked.count("/keys") == 2


async def test_a_provider_whose_clock_is_wrong_signs_nobody_in_and_says_so(desk: Desk) -> None:
    for desk.provider.clock_ahead in (-700, -400, 120, 3_600):
        with pytest.raises(ProviderRefused, match="clock") as refusal:
            await desk.prove()
        assert refusal.value.reason == "clock" and "clocks" in refusal.value.sentence


async def test_clocks_may_differ_by_half_a_minute(desk: Desk) -> None:
    desk.provider.clock_ahead = 30
    assert (await desk.prove()).subject == "sub-1"


async def test_a_provider_that_is_down_is_said_to_be_down(desk: Desk) -> None:
    desk.provider.is_down = True
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.begin("staff")
    assert refusal.value.reason == "down" and "does not answer" in refusal.value.sentence


METADATA: list[dict[str, Any]] = [
    {"issuer": "https://other.example"},
    {"token_endpoint": "http://10.0.0.1/token"},
    {"jwks_uri": "file:///etc/passwd"},
    {"authorization_endpoint": None},
    {"code_challenge_methods_supported": ["plain"]},
]


async def test_what_a_provider_says_about_itself_is_not_believed_blindly(
    tmp_path: Path, provider: Provider
) -> None:
    for told in METADATA:
        provider.metadata = told
        with pytest.raises(ProviderRefused) as refusal:
            await ProviderEndpoint(configured(tmp_path, provider)).published()
        assert refusal.value.reason in {"issuer", "provider"}


async def test_a_machine_inside_the_bank_is_not_asked_unless_it_is_listed(
    tmp_path: Path, provider: Provider
) -> None:
    for machine in ("10.0.0.1", "[::ffff:10.0.0.1]", "169.254.169.254", "[fd00::1]"):
        provider.metadata = {"jwks_uri": f"https://{machine}/keys"}
        endpoint = ProviderEndpoint(configured(tmp_path, provider))
        assert await (await endpoint.published()).keys.find("k1") is None
    assert configured(tmp_path, provider).reach.allows("10.0.0.1") is False
    assert configured(tmp_path, provider, 'private_networks = ["10.0.0.0/8"]').reach.allows("10.0.0.1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((302, {"Location": "/keys"}), "down"), ((500, {}), "down"), ((200, {"id_token": "x" * 70_000}), "down"),
     ((200, {}), "down"), ((400, {"error": "invalid_grant"}), "code")],
)  # fmt: skip
async def test_a_token_answer_that_is_none_signs_nobody_in(
    tmp_path: Path, provider: Provider, answer: tuple[int, dict[str, str]], reason: str
) -> None:
    provider.token_answer = answer
    request = AuthorizationRequests(b"key").begin("staff")
    with pytest.raises(ProviderRefused) as refusal:
        await ProviderEndpoint(configured(tmp_path, provider)).id_token("code", request, "http://127.0.0.1/back")
    assert refusal.value.reason == reason


async def test_a_first_sign_in_makes_a_login_with_the_roles_of_its_groups(
    ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider
) -> None:
    provider.person |= {
        "preferred_username": "nina",
        "name": "Nina",
        "realm": {"groups": ["tellers", "bosses", 7]},
    }
    async with opened(in_file(ledger_file), clock, tmp_path, provider, MAKES_LOGINS) as desk:
        # The roles of `bosses` take two persons, whatever a provider says.
        assert (await desk.sign_in()).roles == {Role.TELLER}
        provider.person["realm"] = {"groups": ["lenders"]}
        assert (await desk.sign_in()).roles == {Role.LENDER}
        provider.person["realm"] = {"groups": ["bosses"]}
        assert await desk.refused() == "closed"


TELLER: dict[str, Any] = {"realm": {"groups": ["tellers"]}}
NO_LOGINS: list[tuple[str, dict[str, Any]]] = [
    ("role", {"preferred_username": "nina"}),
    ("role", {"preferred_username": "nina", "realm": {"groups": ["bosses"]}}),
    ("name", TELLER),
    ("name", TELLER | {"preferred_username": "teller1"}),
    ("name", TELLER | {"preferred_username": "tellerl"}),
    ("name", TELLER | {"preferred_username": "n" * 10_000}),
    ("name", TELLER | {"preferred_username": "nina", "customer": "cust_1"}),
    ("name", {"preferred_username": "nina", "customer": "cust_9"}),
]


async def test_claims_that_make_no_login(
    ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider
) -> None:
    async with opened(in_file(ledger_file), clock, tmp_path, provider, MAKES_LOGINS) as desk:
        for reason, provider.claims in NO_LOGINS:
            assert (provider.claims, await desk.refused()) == (provider.claims, reason)


async def test_a_customer_of_the_bank_is_made_by_the_claim_for_customers(
    ledger_file: Path, clock: MovableClock, tmp_path: Path, provider: Provider
) -> None:
    provider.person |= {"preferred_username": "nina", "customer": "cust_2"}
    async with opened(in_file(ledger_file), clock, tmp_path, provider, MAKES_LOGINS) as desk:
        person = await desk.sign_in()
    assert person.customer_id == "cust_2" and person.roles == {Role.CUSTOMER}


async def test_a_notice_of_sign_out_ends_the_sessions_that_go_on_with_the_providers(desk: Desk) -> None:
    await desk.connect("customer1")
    proof = await desk.prove()
    await desk.sign_on.begun(proof, "login-7")
    notice = await desk.sign_on.notice(desk.provider.notice())
    assert await desk.sign_on.ended_by(notice, BROWSER) == ["login-7"]
    # A sign-in that was under way meanwhile comes too late.
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.begun(proof, "login-8")
    assert refusal.value.reason == "ended"


async def test_a_notice_about_a_person_ends_all_of_their_sessions(desk: Desk) -> None:
    await desk.connect("customer1")
    before = await desk.sign_in()
    await desk.sign_on.ended_by(await desk.sign_on.notice(desk.provider.notice(sid=None)), BROWSER)
    assert (await desk.sign_in()).epoch == before.epoch + 1


async def test_a_notice_counts_once(desk: Desk) -> None:
    token = desk.provider.notice()
    await desk.sign_on.ended_by(await desk.sign_on.notice(token), BROWSER)
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.ended_by(await desk.sign_on.notice(token), BROWSER)
    assert refusal.value.reason == "used"


async def test_what_is_no_notice_of_this_provider_ends_nothing(desk: Desk) -> None:
    for reason, changes in NO_NOTICES:
        with pytest.raises(ProviderRefused) as refusal:
            await desk.sign_on.notice(desk.provider.notice(**changes))
        assert (refusal.value.reason, changes) == (reason, changes)


async def test_an_id_token_is_no_notice(desk: Desk) -> None:
    with pytest.raises(ProviderRefused) as refusal:
        await desk.sign_on.notice(desk.provider.token(nonce=secrets.token_hex(8)))
    assert refusal.value.reason == "events"
