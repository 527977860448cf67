"""Refusals of the tools, in words for the customer, each with a next step."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ultracore.offline_model import wording
from ultracore.offline_model.asking import Ask
from ultracore.offline_model.wire import ToolResult

_ENDING = re.compile(r"··\d{4}")
_FIELD = re.compile(r"^\w+: ")
_SECOND_FIELD = re.compile(r"; (?:since|until): .*$")

_SENTENCES = {
    "card.none": "I see no card of yours. Please call us if that is wrong.",
    "card.not_found": f"I see no such card of yours. {Ask.CARD}? Please give its last four digits.",
    "card.not_frozen": "That card is not frozen, so there is nothing to undo. You can use it as before.",
    "card.cancelled": "That card is cancelled, which cannot be undone here. Please call us for a new one.",
    "incident.not_found": "I see no report with that reference. Please check it and write it again.",
    "incident.closed": "That report is closed already. You can make a new one.",
    "loan.not_found": "I see no loan on that account. Ask “what do I owe?” to see your loans.",
    "loan.paid_off": "That loan is paid off; there is nothing left to repay.",
    "loan.term_out_of_range": f"A loan cannot run for that long. {Ask.LOAN_TERM}?",
    "loan.rate_out_of_range": "That rate is out of range. Please ask again without it.",
    "loan.instalment_too_small": f"The instalments would be too small. {Ask.LOAN_TERM}?",
    "portfolio.none": "I see no investments of yours. You can ask for general information, such as on "
    "diversification.",
    "portfolio.no_prices": "There are no prices for your investments right now. Please try again later.",
    "currency.unknown": "We don't exchange that currency. Ask for a quote in US dollars or euros, for example.",
    "route.country_unknown": "We don't send money to that country. Ask for a quote to another one.",
    "account.name_invalid": "An account cannot be called that. Please ask again with another name.",
    "customer.missing": "Please say first which customer you work for, for example “customer cust_1”.",
    "customer.not_verified": "Your identity has to be checked before that. Please bring a document to a branch.",
    "handoff.too_many": "That was handed on too often already. Please ask it again in a message of its own.",
    "user.not_found": "I see no such login. Please check its name and write it again.",
}
# Their messages are written for customers.
_TOLD_AS_THEY_ARE = frozenset(
    "account.cannot_close topic.unknown date.in_future payee.cooling_off payee.not_active funds.insufficient "
    "limit.day_exceeded limit.payee_day_exceeded login.reset login.new_factor "
    "access.limit_exceeded access.step_up access.restricted fraud.blocked account.not_active account.closed "
    "loan.already_applied transfer.outcome_unknown transfer.same_account currency.mismatch".split()
)


def told(result: ToolResult) -> str:
    """The refusal of a result in words."""
    code, message = result.error_code or "", _message(result)
    if code == "card.which":
        endings = " or ".join(_ENDING.findall(message))
        return f"You have several cards ({endings}). {Ask.CARD}?"
    # The bank's message names the field for a model; without that it is a sentence for the customer.
    if code == "arguments.invalid" and message:
        return _SECOND_FIELD.sub("", _FIELD.sub("", message))
    if (code in _TOLD_AS_THEY_ARE or (code.startswith("payee.") and code not in _KNOWN)) and message:
        return message
    return _SENTENCES.get(code) or wording.refusal(code)


_KNOWN = frozenset({"payee.not_saved"})


def _message(result: ToolResult) -> str:
    error = result.data.get("error")
    return str(error.get("message") or "") if isinstance(error, Mapping) else ""
