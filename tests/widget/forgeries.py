"""Launch codes that must bring nothing: by name, each with what the widget is asked with."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.widget.signing import ISSUER, VERIFIER, Signer, challenge, put_together

Forgery = tuple[str, object, object]
"""A name, the code, the verifier."""


def forgeries(signer: Signer) -> Iterator[Forgery]:
    """More than three hundred of them."""
    yield from _of_claims(signer)
    yield from _of_headers(signer)
    yield from _of_keys(signer)
    yield from _of_shapes()
    yield from _of_verifiers(signer)
    yield from _of_bytes(signer)


def _of_claims(signer: Signer) -> Iterator[Forgery]:
    now = int(time.time())
    wrong: dict[str, list[Any]] = {
        "iss": ["https://evil.example", ISSUER + "/", ISSUER.upper(), "", 7, [ISSUER], None],
        "aud": ["other", "", 1, ["ultracore-anya", "other"], ["ultracore-anya"], None, "ultracore-anya "],
        "sub": ["", 1, ["customer1"], {"$ne": ""}, "a" * 129, "customer1\0", "customer1\n", "\ud800", None],
        "tenant": ["tenant_2", "", 1, ["tenant_1"], None, "tenant_1 "],
        "iat": [now + 3600, "now", True, None, -1, 10**30, float("nan"), float("inf")],
        "exp": [now - 1, now, now + 61, now + 3600, "later", True, None, 10**30, float("nan"), float("inf")],
        "jti": ["", 1, ["x"], "j" * 129, None, "\0", "\ud800"],
        "sid": ["", 1, ["x"], "s" * 129, "\0", "\ud800"],
        "challenge": ["", 1, [challenge()], challenge()[:-1], challenge() + "=", challenge("w" * 43), VERIFIER],
    }
    for name, values in wrong.items():
        for number, value in enumerate(values):
            yield f"{name}-{number}", signer.code(**{"iat": now, name: value}), VERIFIER
    yield "older than it may be", signer.code(iat=now - 120, exp=now - 60), VERIFIER
    yield "good for no time", signer.code(iat=now + 3, exp=now + 3), VERIFIER
    yield "issued long ago, good for long", signer.code(iat=now - 50, exp=now + 30), VERIFIER


def _of_headers(signer: Signer) -> Iterator[Forgery]:
    claims = signer.claims()
    algorithms = "none None NONE HS256 HS384 RS256 ES256 PS256 ES384".split()
    others: tuple[object, ...] = ("", None, 7, [])
    for algorithm in (*algorithms, *others):
        yield f"alg {algorithm}", put_together({"alg": algorithm, "kid": "k1", "typ": "JWT"}, claims), VERIFIER
        head = {"alg": algorithm, "kid": "k1"}
        yield f"alg {algorithm}, signed", put_together(head, claims, b"x" * 64), VERIFIER
    for key_id in ("k2", "", "../k1", "k1 ", 1, ["k1"], {"kid": "k1"}, "k" * 5000):
        yield (
            f"kid {str(key_id)[:12]!r}",
            put_together({"alg": "EdDSA", "kid": key_id}, claims, b"x" * 64),
            VERIFIER,
        )
    extras: tuple[dict[str, Any], ...] = ({"crit": ["exp"]}, {"crit": []}, {"b64": False})
    for extra in extras:
        yield f"header {json.dumps(extra)}", signer.code(headers=extra), VERIFIER


def _of_keys(signer: Signer) -> Iterator[Forgery]:
    for algorithm in ("EdDSA", "ES256", "RS256"):
        stranger = Signer(algorithm)
        yield f"another key, {algorithm}", stranger.code(), VERIFIER
        yield f"its own key in the header, {algorithm}", stranger.code(headers={"jwk": stranger.jwk()}), VERIFIER
        address = "https://evil.example/jwks.json"
        yield f"an address of keys, {algorithm}", stranger.code(headers={"jku": address, "x5u": address}), VERIFIER
    # The public key as the shared secret of HS256: the oldest confusion there is.
    public = signer.key.public_key()
    for number, secret in enumerate((public.public_bytes(Encoding.Raw, PublicFormat.Raw), b"", _pem(public))):
        header, claims = {"alg": "HS256", "kid": "k1"}, signer.claims()
        unsigned = put_together(header, claims).rpartition(".")[0]
        digest = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
        yield f"public key as secret {number}", put_together(header, claims, digest), VERIFIER


def _pem(public: Any) -> bytes:
    written: bytes = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return written


def _of_shapes() -> Iterator[Forgery]:
    shapes: tuple[object, ...] = (
        None, "", ".", "..", "...", "a.b.c", "a.b", "=.=.=", "e30.e30.", "e30.e30.e30", "x" * 4096, "x" * 5000,
        "." * 4000, 1, 1.5, True, [], ["a.b.c"], {}, {"code": "x"}, "\0", "\ud800.\ud800.\ud800", "😀.😀.😀",
        "eyJhbGciOiJub25lIn0.e30.", "Bearer e30.e30.e30", " e30.e30.e30 ", "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10",
        "MQ.MQ.MQ", "[" * 3000, "WyJhIl0.eyJpc3MiOjF9.YQ",
    )  # fmt: skip
    for number, shape in enumerate(shapes):
        yield f"shape {number}", shape, VERIFIER


def _of_verifiers(signer: Signer) -> Iterator[Forgery]:
    lengths = (*(f"{'v' * length}" for length in (0, 1, 42, 44, 129, 5000)), "w" * 43, "ü" * 43, "\0" * 43)
    others: tuple[object, ...] = (
        None,
        1,
        True,
        [VERIFIER],
        {},
        "\ud800" * 43,
        challenge(),
        f"{VERIFIER} ",
        VERIFIER.upper(),
    )
    for number, verifier in enumerate((*lengths, *others)):
        yield f"verifier {number}", signer.code(), verifier


def _of_bytes(signer: Signer) -> Iterator[Forgery]:
    """A good code in which one character is another one, and parts of two codes."""
    chance = random.Random(12)  # noqa: S311 - the same forgeries each time
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for number in range(160):
        code = signer.code()
        # Not the last one of a part, whose lowest bits stand for nothing.
        at = chance.choice([place for place, one in enumerate(code[:-1]) if one != "." and code[place + 1] != "."])
        other = chance.choice([one for one in alphabet if one != code[at]])
        yield f"byte {number}", code[:at] + other + code[at + 1 :], VERIFIER
    one, two = signer.code(sub="customer2").split("."), signer.code().split(".")
    yield "claims of another code", ".".join((two[0], one[1], two[2])), VERIFIER
    yield "without its signature", ".".join((*two[:2], "")), VERIFIER
    yield "with two signatures", ".".join((*two, two[2])), VERIFIER
