"""What a message is about."""

from __future__ import annotations

import re
from enum import StrEnum

from ultracore.offline_model.language.amounts import find_amounts
from ultracore.offline_model.language.names import kinds_named
from ultracore.offline_model.language.periods import is_period
from ultracore.offline_model.language.text import corrected, fold, unslang, words_of


class Intent(StrEnum):
    """The subjects that the offline model tells apart."""

    BALANCE = "balance"
    TRANSACTIONS = "transactions"
    TRANSFER = "transfer"
    PAYEES = "payees"
    APPROVAL = "approval"
    CANCEL = "cancel"
    CASH = "cash"
    GREETING = "greeting"
    THANKS = "thanks"
    HELP = "help"
    IDENTITY = "identity"
    UNKNOWN = "unknown"


TRANSFER_VERBS = frozenset("transfer send pay move wire shift".split())
_SPENDING = frozenset(
    "transactions transaction spend spent spending purchases purchase statement history activity bought "
    "expenses income salary deposits withdrawals debits credits".split()
)
_BALANCE_WORDS = frozenset("balance balances".split())
_VOCABULARY = (
    TRANSFER_VERBS
    | _SPENDING
    | _BALANCE_WORDS
    | frozenset(
        "payment payments payee payees account accounts savings everyday money available dollars approve confirm "
        "cancel biller billers recent last week month".split()
    )
)
_OTHER_DESKS = re.compile(
    r"\b(?:loans?|lend|borrow\w*|mortgage|shares?|portfolio|invest\w*|etfs?|stocks?|freeze|block|stolen|fraud\w*|"
    r"scam\w*|hack\w*|insurance|weather|interest rates?|credit score|pin|password)\b"
)
_PAST = re.compile(
    r"^(?:did|have|has|had|when|what did|how much (?:\w+ ){0,3}did|how much (?:\w+ )?have|was|were|where did"
    r"|how much do (?:i|we) (?:\w+ )?(?:pay|send|spend)"
    r"|show|list)\b"
)
_APPROVING = frozenset(
    "yes yep yeah yup y ok okay sure approve approved confirm confirmed accept accepted authorise authorize "
    "proceed agreed correct".split()
)
_APPROVAL_FILLERS = frozenset(
    "please it this that the payment transfer i do go ahead now is fine and just send pay make thanks with my of "
    "card request anya you can all good".split()
)
_APPROVAL_PHRASE = re.compile(r"^(?:please )?(?:go ahead|do it|send it|pay it|make it so|lets do it)\b")
_CANCEL = re.compile(
    r"^(?:please |no |actually |ok )*(?:cancel|never ?mind|forget (?:it|that)|stop|dont|do not|decline|leave it|"
    r"abort|no thanks?|not now)\b|^(?:no|nope|nah)(?: no)*$"
)
_CASH = re.compile(r"^(?:\w+ ){0,4}(?:deposit|withdraw|cash out)\b(?! (?:history|of|from my salary))")
_GREETING = re.compile(
    r"^(?:hi|hello|hey|g ?day|good (?:morning|afternoon|evening)|howdy)\b(?: (?:anya|there))?\W*$"
)
_THANKS = re.compile(
    r"^(?:ok |okay |great |perfect )*(?:thanks?|thank you|thx|ta|cheers|bye|goodbye|great|perfect)\b"
)
_HELP = re.compile(r"\b(?:help|what can you do|what do you do|how does this work|options|what can i ask)\b")
_IDENTITY = re.compile(
    r"\b(?:are you (?:a |an |really )*(?:human|person|robot|bot|ai|real|machine)|who are you|what are you|"
    r"which model|what model|chatgpt|language model)\b"
)
_PAYEES = re.compile(r"\b(?:payees|billers|who(?:m)? can i pay|people i can pay)\b")
_HOW_MUCH = re.compile(
    r"\bhow much (?:money |cash |dough )?(?:do i|have i|is|are|in|left|there|ive|i have|i got|does my)\b"
)
_FUNDS = re.compile(
    r"\b(?:whats|what is|show|check|see)(?: me)? (?:left )?(?:in |on )?(?:my |the )?"
    r"(?:\w+ )?(?:account|accounts|acct|acc|savings|"
    r"saver|funds|money)\b|\bmy accounts\b|\b(?:money|funds|cash) (?:do i have|left|available|have i)\b|"
    r"\bam i (?:broke|in the (?:red|black)|overdrawn|skint)\b|\bhow (?:broke|rich|poor) am i\b|"
    r"\b(?:whats|what is|what have i got) (?:left|remaining|sitting|in there)\b(?!.*\b(?:loan|mortgage|owe"
    r"|repay))|"
    r"\bhow is my (?:\w+ )?(?:account|money|balance|bank)\b|\bhow am i (?:doing|going|looking|off) (?:for"
    r"|with) (?:money|cash)\b|"
    r"\bwhat have i got (?:left|in)\b|\b(?:have i got|do i have|is there|got) any (?:money|cash|funds)\b|"
    r"\bin the bank\b|\beverything i (?:own|have)\b|\ball my (?:money|accounts)\b|"
    r"\b(?:what|which|list).*\baccounts\b"
)
_LAST_PAYMENTS = re.compile(
    r"\b(?:last|recent|latest|past|previous) (?:\w+ )?(?:payments?|purchases|transfers)\b|\bpayment history\b|"
    r"\bcame in\b|\bwent out\b|\bpaid (?:me|to me|last|this|yesterday|today)\b|\bi (?:have )?paid\b|"
    r"\bmoney go(?:ne)?\b"
)
_MY_PAY = re.compile(
    r"\bmy (?:next |last )?pay (?:has|hasnt|have|is|isnt|did|didnt|went|came|was|wasnt|hits?|lands?)\b"
)
# Somebody who cannot pay orders nothing.
_CANNOT = re.compile(
    r"\b(?:cant|cannot|can not|couldnt|could not|unable to|not able to|struggl\w+ to|wont be able to)"
    r" (?:\w+ ){0,2}(?:pay|repay|make|send|transfer|move)\b"
)
_REPAYING = re.compile(
    r"\b(?:make|do|an?) (?:an? )?(?:extra|additional|early|lump sum) (?:loan )?repayment\b|"
    r"^(?:please |can i |i want to |id like to )*repay\b.*\bmy (?:\w+ )?loan\b"
)
_FOLLOW_UP = re.compile(r"^(?:and|what about|how about|same for|same but|but for|just|only)\b")


def intent_of(text: str) -> Intent:
    """The subject of a message on its own."""
    plain = fold(text)
    words = corrected(unslang(words_of(plain)), _VOCABULARY)
    joined = " ".join(words)
    # The order decides: a typed yes is never a transfer, and a transfer is found before the balance in it.
    for intent, applies in (
        (Intent.APPROVAL, _is_approval(words, joined)),
        (Intent.CANCEL, bool(_CANCEL.search(joined))),
        (Intent.CASH, bool(_CASH.search(plain) and not _PAST.search(plain))),
        (Intent.IDENTITY, bool(_IDENTITY.search(joined))),
        (Intent.TRANSFER, _is_transfer(joined, words, plain)),
        (Intent.UNKNOWN, bool(_OTHER_DESKS.search(joined))),
        (Intent.PAYEES, bool(_PAYEES.search(joined))),
        (Intent.BALANCE, bool(_BALANCE_WORDS & set(words) or _HOW_MUCH.search(joined))),
        (Intent.TRANSACTIONS, _is_about_the_past(joined, words)),
        (Intent.BALANCE, bool(_FUNDS.search(joined))),
        (Intent.GREETING, bool(_GREETING.search(joined))),
        (Intent.THANKS, bool(_THANKS.search(joined))),
        (Intent.HELP, bool(_HELP.search(joined))),
    ):
        if applies:
            return intent
    return Intent.UNKNOWN


def begins_with_a_transfer(text: str) -> bool:
    """True if a text begins with its own verb of moving money: "move 200 to savings"."""
    return bool(TRANSFER_VERBS & set(corrected(words_of(text), TRANSFER_VERBS)[:3]))


def is_follow_up(text: str) -> bool:
    """True for "and savings?" and "in October?": the subject is the one before."""
    return bool(_FOLLOW_UP.search(fold(text))) or is_period(text)


def _is_approval(words: list[str], joined: str) -> bool:
    if not words:
        return False
    # Every word must belong to a yes: "yes, pay my rent" asks for something new.
    if set(words) <= _APPROVING | _APPROVAL_FILLERS and (
        _APPROVING & set(words) or _APPROVAL_PHRASE.search(joined)
    ):
        return True
    return words[0] in _APPROVING and bool(_APPROVING & set(words[1:2]))


def _is_about_the_past(joined: str, words: list[str]) -> bool:
    if _SPENDING & set(words) or _LAST_PAYMENTS.search(joined):
        return True
    return bool(_PAST.search(joined) and (TRANSFER_VERBS | {"paid"}) & set(words))


def _is_transfer(joined: str, words: list[str], plain: str) -> bool:
    """A verb of moving money that is not about the past, or an amount that goes somewhere."""
    if _LAST_PAYMENTS.search(joined) or _PAYEES.search(joined) or _BALANCE_WORDS & set(words):
        return False
    # "My pay has not come in": what is said of one's pay is no order to pay.
    if _MY_PAY.search(joined) or _CANNOT.search(joined):
        return False
    past = bool(_PAST.search(joined))
    amount = bool(find_amounts(plain))
    if TRANSFER_VERBS & set(words) and not past and "get" not in words:
        return True
    if {"payment", "payments"} & set(words) and not past and (amount or "make" in words):
        return True
    if "give" in words and amount:
        return True
    # "Make an extra repayment of 500 on my loan" moves money; "repayments on a loan of 500" is a question.
    if amount and _REPAYING.search(joined) and not past:
        return True
    if "put" in words and (amount or kinds_named(plain)):
        return True
    return amount and bool(re.search(r"\b(?:to|into)\b", joined)) and not past
