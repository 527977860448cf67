"""What browsers are asked for, and what of their answers is believed: the only module that knows `webauthn`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url, parse_authenticator_data
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ultracore.identity.passkeys.values import NAME, PasskeyRefused, RelyingParty

LONGEST_ANSWER: Final = 8192
_TIMEOUT_MS: Final = 120_000
_LONGEST_CREDENTIAL: Final = 1023
# What the package, and the libraries below it, raise for bytes that a stranger has made up.
_MALFORMED: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, RecursionError)
_REQUIRED: Final = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that an authenticator has made: its id and public key in base64url, and the value of its counter."""

    credential_id: str
    public_key: str
    sign_count: int


def creation_options(
    party: RelyingParty, login: str, handle: bytes, challenge: bytes, known: Sequence[str]
) -> str:
    """What `navigator.credentials.create` is asked for, as JSON."""
    return options_to_json(
        generate_registration_options(
            rp_id=party.rp_id,
            rp_name=NAME,
            user_name=login,
            user_id=handle,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=_REQUIRED
            ),
            exclude_credentials=_descriptors(known),
        )
    )


def request_options(party: RelyingParty, challenge: bytes, known: Sequence[str]) -> str:
    """What `navigator.credentials.get` is asked for, as JSON."""
    return options_to_json(
        generate_authentication_options(
            rp_id=party.rp_id,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=_descriptors(known),
            user_verification=_REQUIRED,
        )
    )


def challenge_in(answer: str) -> bytes:
    """The challenge that an answer names. Raises `PasskeyRefused`, also for one from a framed page."""
    try:
        client = json.loads(base64url_to_bytes(_object(answer)["response"]["clientDataJSON"]))
        # A page in a frame is not what the person sees in the address bar.
        if client.get("crossOrigin", False) is not False or "topOrigin" in client:
            raise PasskeyRefused("a page within another page")
        return base64url_to_bytes(client["challenge"])
    except _MALFORMED as error:
        raise PasskeyRefused("malformed") from error


def credential_in(answer: str) -> str:
    """The id of the passkey that answers. Raises `PasskeyRefused`."""
    try:
        return str(_object(answer)["id"])
    except _MALFORMED as error:
        raise PasskeyRefused("malformed") from error


def created(party: RelyingParty, answer: str, challenge: bytes) -> NewKey:
    """The key that was made for this challenge, with the person verified. Raises `PasskeyRefused`."""
    try:
        made = verify_registration_response(
            credential=_object(answer),
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except (*_MALFORMED, UnsupportedAlgorithm) as error:
        raise PasskeyRefused("not verified") from error
    if len(made.credential_id) > _LONGEST_CREDENTIAL:
        raise PasskeyRefused("an id that is too long")
    return NewKey(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
    )


def counted(party: RelyingParty, answer: str, challenge: bytes, public_key: str) -> int:
    """The counter in an answer that this key has signed. Raises `PasskeyRefused`.

    The counter is compared by the caller: one that goes back is no forgery but a copy, and another fact.
    """
    try:
        sent = _object(answer)
        verify_authentication_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=party.rp_id,
            expected_origin=list(party.origins),
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=-1,
            require_user_verification=True,
        )
        data = parse_authenticator_data(base64url_to_bytes(sent["response"]["authenticatorData"]))
    except (*_MALFORMED, UnsupportedAlgorithm) as error:
        raise PasskeyRefused("not verified") from error
    return data.sign_count


def _object(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyRefused("too long")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise PasskeyRefused("malformed")
    return read


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]
