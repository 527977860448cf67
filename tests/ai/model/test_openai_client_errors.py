"""Every exception class of the vendor has its place in our tree."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator

import httpx2
import openai
import pytest
from openai import _exceptions as vendor
from openai.types.chat import ChatCompletion

from ultracore.ai.model import DeadlineExceeded
from ultracore.ai.openai_client import translate, translated_errors
from ultracore.errors import ModelAnswerInvalid, ModelUnavailable

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")
RESPONSE = httpx2.Response(400, request=REQUEST)
SECRET = "the customer's words"


def vendor_classes() -> list[type[Exception]]:
    """All exception classes that the SDK and its HTTP client define."""
    sdk = [one for _, one in inspect.getmembers(vendor, inspect.isclass) if issubclass(one, Exception)]
    http = [
        one
        for _, one in inspect.getmembers(httpx2, inspect.isclass)
        if issubclass(one, (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError))
    ]
    return sdk + http


def instances_of(cls: type[Exception]) -> Iterator[Exception]:
    """An instance, or one for each status where the class does not fix it."""
    completion = ChatCompletion.construct(usage=None)
    for status in (400, 500) if issubclass(cls, openai.APIStatusError) else (400,):
        values = {
            "request": REQUEST,
            "response": httpx2.Response(getattr(cls, "status_code", status), request=REQUEST),
            "body": {"error": {"message": SECRET}},
            "message": SECRET,
            "completion": completion,
            "unsent_messages": [],
        }
        wanted = parameters_of(cls)
        yield cls(**{name: values[name] for name in wanted}) if wanted else cls()


def parameters_of(cls: type[Exception]) -> list[str]:
    """The named parameters of a class of the vendor; plain exceptions have none."""
    if cls.__init__ in (Exception.__init__, ValueError.__init__):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, one in inspect.signature(cls).parameters.items() if one.kind not in kinds]


@pytest.mark.parametrize("cls", vendor_classes(), ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("in_stream", [False, True])
def test_vendor_exception_becomes_ours(cls: type[Exception], in_stream: bool) -> None:
    for error in instances_of(cls):
        with pytest.raises(ModelUnavailable) as caught, translated_errors(in_stream=in_stream):
            raise error
        assert re.fullmatch(r"model\.[a-z_]+", caught.value.code)
        assert caught.value.__cause__ is error
        assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "in_stream", "code"),
    [
        (
            openai.AuthenticationError("", response=httpx2.Response(401, request=REQUEST), body=None),
            False,
            "model.unauthorised",
        ),
        (
            openai.RateLimitError("", response=httpx2.Response(429, request=REQUEST), body=None),
            False,
            "model.rate_limited",
        ),
        (
            openai.InternalServerError("", response=httpx2.Response(502, request=REQUEST), body=None),
            False,
            "model.server_error",
        ),
        (openai.BadRequestError("", response=RESPONSE, body=None), False, "model.request_refused"),
        (openai.APIConnectionError(request=REQUEST), False, "model.unreachable"),
        (openai.APIConnectionError(request=REQUEST), True, "model.cut_short"),
        (openai.APITimeoutError(REQUEST), False, "model.silent"),
        (openai.APITimeoutError(REQUEST), True, "model.silent"),
        (httpx2.ConnectTimeout(""), False, "model.unreachable"),
        (TimeoutError(), True, "model.silent"),
        (ConnectionResetError(), True, "model.cut_short"),
        (ConnectionRefusedError(), False, "model.unreachable"),
        (DeadlineExceeded("first_byte", 10), False, "model.silent"),
        (json.JSONDecodeError("", "", 0), True, "model.malformed"),
        (openai.APIResponseValidationError(RESPONSE, None), False, "model.malformed"),
        (openai.ContentFilterFinishReasonError(), False, "model.filtered"),
        (openai.APIError("", REQUEST, body=None), True, "model.server_error"),
    ],
)
def test_code_says_what_went_wrong(error: Exception, in_stream: bool, code: str) -> None:
    translated = translate(error, in_stream=in_stream)
    assert translated.code == code
    invalid = code in ("model.cut_short", "model.malformed", "model.filtered", "model.too_long")
    assert isinstance(translated, ModelAnswerInvalid) is invalid


def test_connecting_too_slowly_is_unreachable_and_not_silent() -> None:
    late = openai.APITimeoutError(REQUEST)
    late.__cause__ = httpx2.ConnectTimeout("")
    assert translate(late).code == "model.unreachable"


def test_errors_of_our_own_pass_unchanged() -> None:
    own = ModelAnswerInvalid("cut", code="model.cut_short")
    with pytest.raises(ModelAnswerInvalid) as caught, translated_errors():
        raise own
    assert caught.value is own
