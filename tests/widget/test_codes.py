"""Launch codes, as their reader judges them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.widget.forgeries import forgeries
from tests.widget.signing import ISSUER, VERIFIER, Signer
from ultracore.widget import LaunchRefused, TokenReader, read_hosts

EDDSA = Signer()
ALGORITHMS = ("EdDSA", "ES256", "RS256")


def reader_of(tmp_path: Any, *signers: Signer, demo: bool = True, now: float | None = None) -> TokenReader:
    """A reader of the codes of these hosts."""
    import json

    file = tmp_path / "keys.json"
    entries = {one.issuer: {"jwks": one.key_set(), "tenant": "tenant_1"} for one in signers}
    file.write_text(json.dumps(entries))
    hosts = read_hosts(tuple(entries), file, demo=demo)
    return TokenReader(hosts, (lambda: now) if now is not None else time.time)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_good_code_names_the_customer_the_session_and_the_host(tmp_path: Any, algorithm: str) -> None:
    signer = Signer(algorithm)
    code = await reader_of(tmp_path, signer).code(signer.code(), VERIFIER)
    assert (code.user_id, code.session, code.host.tenant_id) == ("customer1", "session-1", "tenant_1")
    assert code.host.origin == ISSUER


async def test_no_forged_code_is_read(tmp_path: Any) -> None:
    reader = reader_of(tmp_path, EDDSA)
    read, tried = [], 0
    for name, code, verifier in forgeries(EDDSA):
        tried += 1
        try:
            read.append((name, await reader.code(code, verifier)))
        except LaunchRefused as refused:
            assert refused.code.startswith("launch.")
    assert read == [] and tried >= 300, tried


async def test_a_demo_takes_a_code_without_session_and_challenge_and_production_does_not(tmp_path: Any) -> None:
    signer = Signer(issuer="https://www.bank.example")
    bare = signer.code(sid=None, challenge=None)
    assert (await reader_of(tmp_path, signer).code(bare, None)).session is None
    strict = reader_of(tmp_path, signer, demo=False)
    assert (await strict.code(signer.code(), VERIFIER)).session == "session-1"
    for lacking in (bare, signer.code(sid=None), signer.code(challenge=None)):
        with pytest.raises(LaunchRefused):
            await strict.code(lacking, VERIFIER)


async def test_a_host_speaks_for_itself_alone(tmp_path: Any) -> None:
    other = Signer(issuer="http://localhost:9002")
    reader = reader_of(tmp_path, EDDSA, other)
    with pytest.raises(LaunchRefused) as refused:
        await reader.code(other.code(iss=ISSUER), VERIFIER)
    assert refused.value.code == "launch.signature"


async def test_a_launch_code_is_no_notice_of_sign_out(tmp_path: Any) -> None:
    reader = reader_of(tmp_path, EDDSA)
    assert (await reader.sign_out(EDDSA.notice())).session == "session-1"
    for wrong in (
        EDDSA.code(),
        EDDSA.notice(sid=""),
        EDDSA.notice(exp=1),
        Signer().notice(),
        EDDSA.notice(aud="x"),
    ):
        with pytest.raises(LaunchRefused):
            await reader.sign_out(wrong)
