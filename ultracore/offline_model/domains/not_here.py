"""What is asked of a bank and cannot be done here: what is possible instead, and who does the rest.

No tool is needed, so every agent says it.
"""

from __future__ import annotations

import re

from ultracore.offline_model.ability import ANYWHERE, Ability
from ultracore.offline_model.request import Request
from ultracore.offline_model.wire import Reply

_OR_CALL = "Please call us, or visit a branch with a document that proves who you are."

_SENTENCES = (
    (
        r"\b(?:set up|setup|make|create|start|schedule|arrange|book|organi[sz]e)\b(?: \w+){0,4} "
        r"(?:weekly|fortnightly|monthly|regular|recurring|scheduled|automatic|standing|repeating|future)\b.*|"
        r"\b(?:standing order|auto ?pay|automatic payments?|schedule (?:a|the|my) (?:payment|transfer))\b|"
        r"\b(?:set up|start|add) (?:a |my )?direct debit\b",
        r"\b(?:my|list|show|which|what|did) (?:regular|recurring)\b|\b(?:loan|repayment schedule)\b",
        "I can't set up payments that repeat or go out later: here a payment is prepared at once, and goes "
        f"out when you press its button. {_OR_CALL}",
    ),
    (
        r"\b(?:cancel|stop|end|change|remove)\b(?: \w+){0,4} (?:direct debits?|subscriptions?|standing orders?)\b",
        None,
        "I can't stop a direct debit or a subscription here. Ask the company to stop it, or please call us; we "
        "can "
        "stop it on our side. I can show you which payments go out regularly.",
    ),
    (
        r"^(?:please |can you |can i |could you |could i |i want to |i would like to |id like to |i need to )*"
        r"(?:sell|buy|trade|cash in)\b(?: \w+){0,5} (?:shares|stocks?|etfs?|units|bonds|investments?|portfolio"
        r"|crypto|bitcoin)\b|"
        r"\b(?:sell|buy|trade) (?:my|some|all|more|all of) (?:\w+ ){0,4}(?:shares|stocks?|etfs?|units|bonds"
        r"|investments?|portfolio)\b",
        r"\b(?:should|would|recommend|advice|advise|best|good (?:time|idea)|when to|which|worth)\b",
        "I can't buy or sell investments, or tell you whether to: that takes a licensed adviser, and orders are "
        "placed "
        "with us by phone. Please call us. I can show you what you hold and how it has done.",
    ),
    (
        r"\b(?:change|update|edit|correct|new)\b(?: \w+){0,4} (?:address|phone number|mobile number|mobile"
        r"|e ?mail|surname|name|"
        r"contact details|personal details)\b|\b(?:ive|i have|i am|im|we) (?:just )?(?:moved|moving)(?: house"
        r"| home| to)?\b$|"
        r"\bmoved house\b",
        r"\b(?:payee|payment|bank s|your|account name|account called)\b",
        f"I can't change your name, address, phone number or e-mail here. {_OR_CALL}",
    ),
    (
        r"\b(?:change|reset|forgot|forgotten|new|update|whats|what is|tell me|show me)\b(?: \w+){0,3} "
        r"(?:password|pin|passcode|login)\b",
        r"\b(?:asked|asking|told|gave|scam\w*|someone|somebody|caller)\b",
        "I can't see or change passwords and PINs, and you should tell them to nobody, us included. A card's PIN "
        "is "
        "changed at one of our machines; for your password, please call us.",
    ),
    (
        r"\b(?:order|send|get|want|need|request|replace|issue)\b(?: \w+){0,3} (?:new|replacement|another|second"
        r"|credit|virtual) "
        r"(?:\w+ )?card\b|\breplacement card\b|\bactivate (?:\w+ ){0,2}card\b|\b(?:apple|google|samsung) pay\b",
        r"\b(?:freeze|stolen|lost)\b",
        "I can't order, replace or activate cards here. Please call us, or visit a branch. I can freeze your "
        "card at "
        "once, and unfreeze it.",
    ),
    (
        r"\b(?:increase|raise|lower|decrease|change|lift|up)\b(?: \w+){0,4} (?:limit|limits)\b|\boverdraft\b"
        r"|\bcredit limit\b",
        r"\b(?:loan|borrow)\b",
        f"I can't change limits or give an overdraft here. {_OR_CALL}",
    ),
    (
        r"\b(?:dispute|chargeback|charge back|refund)\b(?: \w+){0,4} (?:charge|payment|transaction|purchase)\b|"
        r"\b(?:want|get) (?:my money back|a refund)\b",
        r"\bscam\w*\b",
        "I can't get money back for you here. First ask the shop. If you did not make the payment, write “report "
        "an "
        "incident” with what happened; to dispute it, please call us.",
    ),
    (
        r"\b(?:cant|cannot|can not|couldnt|unable to|not able to|struggl\w+ to|wont be able to) (?:\w+ ){0,2}"
        r"(?:pay|repay|make|afford)\b.*\b(?:loan|mortgage|repayments?|instalments?|bills?|rent)\b",
        None,
        "I can't change what is due here. Please call us and ask for hardship help: lower payments, a pause or "
        "more time can be looked at. Earlier is easier.",
    ),
    (
        r"\b(?:delete|remove|get rid of|take off)\b.*\b(?:payees?|billers?)\b",
        None,
        "I can't remove a saved payee here. Please call us. Nothing is paid to a payee without a card that you "
        "approve.",
    ),
    (
        r"\bcard\b.*\b(?:declined|rejected|refused|not work\w*|isnt working|doesnt work|didnt work)\b|"
        r"\b(?:declined|rejected|refused)\b.*\bcard\b",
        r"\b(?:stolen|lost|freeze|cloned)\b",
        "I don't see why a card was declined. Often it is frozen or there is too little in the account: ask "
        "“what's my balance?”, or write “unfreeze my card”. For the reason, please call us.",
    ),
    (
        r"\binterest\b(?: \w+){0,3} (?:an?|new|your|the) (?:\w+ )?(?:loan|mortgage)s?\b|"
        r"\binterest (?:rates? )?(?:on|for) (?:\w+ )?loans\b",
        r"\b(?:my|owe|paid|charged|explain|compound)\b|\d",
        "The rate depends on the loan. Tell me how much, for what and over how long, and I show the repayments "
        "with their rate.",
    ),
    (
        r"\b(?:joint account|add (?:my )?(?:wife|husband|partner|son|daughter|mum|mother|dad|father) to)\b|"
        r"\b(?:power of attorney|authority to operate)\b",
        None,
        f"I can't change who may use an account here. {_OR_CALL}",
    ),
    (
        r"\b(?:cheque ?books?|bank cheque|foreign cash|travel money|currency card|safe deposit)\b",
        None,
        "I can't order that here. Please call us, or visit a branch.",
    ),
    (
        r"\b(?:book|make|get) (?:an? )?appointment\b|\bnearest (?:branch|atm)\b|\bwhere(?:s| is"
        r"| are)\b.*\b(?:branch(?:es)?|atms?)\b|"
        r"\bbranch near\b",
        None,
        "I don't know our branches and machines, and can't book appointments. Please call us.",
    ),
)


def answer_not_here(request: Request) -> Reply:
    """What is possible instead, and who does it."""
    plain = request.plain
    found = (
        text for words, unless, text in _TABLE if words.search(plain) and not (unless and unless.search(plain))
    )
    return Reply(next(found))


def answer_contact(request: Request) -> Reply:
    """When and at which number a person answers, as the bank's prompt says."""
    phone, hours = request.conversation.phone, request.conversation.hours
    if phone is None:
        return Reply("I don't know the bank's number. It is on the back of your card.")
    when = f", {hours}" if hours else ""
    return Reply(
        f"You reach a person on {phone}{when}. I answer at any time. I don't know the hours of our branches."
    )


_TABLE = tuple(
    (re.compile(words), re.compile(unless) if unless else None, text) for words, unless, text in _SENTENCES
)


def _not_here(words: re.Pattern[str], unless: re.Pattern[str] | None) -> Ability:
    return Ability(domain="", tool=ANYWHERE, applies=words, unless=unless, answer=answer_not_here)


CONTACT = Ability(
    domain="",
    tool=ANYWHERE,
    applies=re.compile(
        r"\b(?:what time|when|what hours|how late|how early|until when)\b.*\b(?:you|bank|branch|phone|line"
        r"|support|people)\b.*"
        r"\b(?:open|close|shut|closed|available|answer|there)s?\b|\b(?:opening|business|trading|phone"
        r"|support) hours\b|"
        r"\bare you (?:guys )?(?:open|closed)\b|\b(?:what time|when) do you (?:open|close|shut)\b|"
        r"\b(?:your|bank s|banks|the banks|support|customer service|contact|ur)\b(?: \w+)? (?:phone|telephone"
        r"|contact|support)? ?"
        r"(?:phone )?number\b(?! is)|\b(?:what|which) number (?:do|can|should) i (?:call|ring|phone)\b|"
        r"\bhow (?:do|can) i (?:call|ring|phone|contact|reach) (?:you|the bank|support)\b|\bphone number (?:of"
        r"|for) (?:the |my )?bank\b"
    ),
    unless=re.compile(r"\b(?:account number|card|bsb|payee|my phone number|change|update|reference|receipt)\b"),
    answer=answer_contact,
)
ABILITIES = (*(_not_here(words, unless) for words, unless, _ in _TABLE), CONTACT)
