"""What happened to the person who writes, told apart from questions, other people's cases and things of the past.

A statement about oneself acts at once. Everything else must not: a freeze without a wish stops honest
payments.
"""

from __future__ import annotations

import re
from typing import Final

_OTHERS: Final = (
    r"\b(?:my|a|his|her|their|our) (?:\w+ )?(?:friend|mate|mum|mom|mother|dad|father|brother|sister|wife|husband"
    r"|partner"
    r"|son|daughter|nan|nanna|gran\w*|neighbours?|boss|colleague|cousin|aunt|aunty|uncle|flatmate|roommate"
    r"|housemate"
    r"|girlfriend|boyfriend|kid|child|parents|client|customer|coworker|teacher|in laws?|mother in law)s?\b"
    r"|\b(?:his|her|their|someone elses|somebody elses|another persons) (?:\w+ )?(?:card|wallet|purse|account"
    r"|money)\b"
    r"|\b(?:he|she|they) (?:was|were|got|lost|is|are|has|have) (?:\w+ )?(?:scammed|hacked|defrauded|robbed|lost)\b"
)
_HYPOTHETICAL: Final = (
    r"\b(?:what|wat) (?:if|happens|would happen|should (?:i|one|people|you) do (?:if|when)|do (?:i|people"
    r"|you) do (?:if|when)"
    r"|can i do (?:if|when))\b|\b(?:if|in case|suppose|imagine|when) (?:my|i|a|the|someone|somebody|you|one"
    r"|your) (?:\w+ ){0,3}"
    r"(?:lose|loses|lost|stolen|get|gets|got|is|are|was|were|ever|scam\w*|hack\w*|steals?|misplace\w*)\b|"
    r"\b(?:how|why) (?:do|does|did|can|could|would|to|was|were|is|are|long|much|many|often"
    r"|common)\b(?! i (?:freeze|block|lock))|"
    r"\b(?:is it possible|hypothetically|would you|do you (?:freeze|block|cancel)|does (?:it|the|freezing"
    r"|blocking|insurance)"
    r"|will (?:you|it|freezing)|could (?:someone|somebody|a)|can (?:someone|somebody|a thief|a scammer|scammers"
    r"|thieves|people))\b"
)
_ABOUT: Final = (
    r"\b(?:in|on|from|about) (?:an?|the|this|that|my) (?:\w+ )?(?:news|article|movie|film|book|series|episode"
    r"|podcast|documentary"
    r"|story|novel|game|song|dream|radio|tv|paper)\b|\b(?:news|documentar(?:y|ies)|songs?|read (?:about|that)"
    r"|heard (?:about|that|of)"
    r"|learn\w*|course|lesson|essay|homework|tips|avoid|prevent\w*|protect (?:myself|me|against)|insurance"
    r"|insured|insure|covered"
    r"|statistics|common|types? of|kinds? of|examples? of|what is|whats|what are|define|meaning|explain"
    r"|awareness|campaign"
    r"|beware|careful|warn\w*|dream\w*|joke|joking|kidding|april fool)\b"
)
_PAST: Final = (
    r"\b(?:last (?:year|month|summer|winter|decade|christmas|time)|(?:years?|months|decades|ages|weeks) ago"
    r"|(?<!at )once|back in|in (?:19|20)\d\d"
    r"|when i was|used to|previous bank|old bank|other bank|ex bank|long time ago|already (?:sorted|fixed|resolved"
    r"|reported|replaced)"
    r"|sorted (?:it )?(?:out )?(?:now|already)|new one (?:has )?arrived|all good now)\b"
)
_DENIED: Final = (
    r"^(?:was|am|were|have|is|are) i\b|\b(?:nobody|no one|never)\b.*\b(?:scammed|gave|given|told|shared|hacked"
    r"|stole)\b|"
    r"\b(?:didnt|did not|havent|wouldnt) (?:\w+ )?(?:give|gave|given|tell|told|share)\b|"
    r"\b(?:not|isnt|wasnt|havent|hasnt|arent|never|didnt|dont think|no) (?:\w+ ){0,3}(?:stolen|lost|scam\w*"
    r"|hacked|missing|gone"
    r"|lose|stole|frozen|misplaced|been)\b|\bfound (?:it|my|the|them)\b|\b(?:got|have) (?:it|my \w+) back\b"
    r"|\breturned\b|\bturned up\b|"
    r"\bwas (?:wrong|mistaken)\b|\b(?:dont|do not|never|please dont) (?:freeze|block|lock|cancel|stop)\b"
    r"|\bunfreeze\b"
)
_OTHER_CARDS: Final = (
    r"\b(?:gift|sim|business|birthday|report|memory|graphics|loyalty|library|medicare|id|opal|myki|christmas"
    r"|video|key|green"
    r"|yellow|red|score|flash|playing|trading|pokemon|valentines?|greeting|rewards?|membership|punch|transport"
    r"|gym|store|sd"
    r"|student|health|license|licence|post|place|index|wild|sound|tarot|work|access|hotel|room|parking) ?cards?\b"
    r"|\bcard (?:game|table|trick|holder|reader|deck|board|shop)s?\b|\b(?:at|of|playing|play) cards\b"
    r"|\bcardboard\b|\bplayed cards\b|\bdeck\b"
)
_STATE: Final = (
    r"^(?:so |hey |hi |ok )*(?:is|was|are|were|has|have|did|does) (?:my|the) (?:\w+ )?(?:cards?|wallet)\b"
    r"|\bwhen will my\b|"
    r"\b(?:was|were|am) i scammed\b|\b(?:will|has) my (?:new )?card (?:arrive|come|been sent)\b|\bin the (?:mail"
    r"|post)\b|\bfees?\b|^should i\b"
)

NO_CARD_OF_OURS: Final = re.compile(_OTHER_CARDS)
"""Cards that no bank gives out."""
NOT_A_REPORT: Final = re.compile("|".join((_OTHERS, _HYPOTHETICAL, _ABOUT, _PAST, _DENIED)))
"""What keeps words about a scam from being a statement about oneself, now."""
NOT_A_LOST_CARD: Final = re.compile(
    "|".join((_OTHERS, _HYPOTHETICAL, _ABOUT, _PAST, _DENIED, _OTHER_CARDS, _STATE, r"\bcredit score\b"))
)
"""The same for a card."""

SCAMMED: Final = re.compile(
    r"\b(?:i|ive|im|i am|we|weve) (?:\w+ ){0,4}?(?:been |being |got |getting |gotten |was |were )?"
    r"(?:scammed|conned|defrauded|phished|swindled|tricked into (?:paying|sending|transferring)"
    r"|ripped off by (?:a|someone))\b|"
    r"\b(?:someone|somebody|they|he|she|a (?:man|woman|guy|caller|scammer)) (?:is|are|was|has been|keeps?)? ?"
    r"(?:scamming|defrauding|conning|tricking) me\b|\b(?:scammed|conned|tricked|defrauded) me\b|"
    r"\b(?:i|ive) (?:\w+ )?(?:fell|fallen) for (?:a|the|this|it)\b|\b(?:i|ive|we) (?:\w+ ){0,2}(?:sent|paid"
    r"|transferred|gave|given) "
    r"(?:\w+ ){0,5}?(?:to )?(?:an? |the )?scammers?\b|\bscammers? (?:has|have|got|took|stole) (?:\w+ ){0,2}my\b|"
    r"\b(?:i|ive|we) (?:\w+ ){0,2}(?:gave|given|told|shared|read|entered|typed|sent)\b.*\b(?:password|code|pin"
    r"|otp|passcode|card "
    r"(?:number|details)|login|banking details)\b|\b(?:made|convinced|pressured) me (?:to )?(?:transfer|send|pay"
    r"|move)\b|"
    r"\b(?:has|have|had|got|gave (?:him|her|them)) (?:\w+ )?(?:remote access|control of my (?:computer|phone"
    r"|laptop))\b|"
    r"\bcontrolling my (?:computer|phone|screen|laptop)\b|\b(?:i|ive|my account|my phone) (?:\w+ ){0,3}(?:been "
    r"|was |got )?hacked\b|"
    r"\b(?:someone|somebody) (?:else )?(?:is|got|has got|has been|was) (?:in|into|inside) my account\b"
)
"""Statements about oneself: money or secrets are in somebody else's hands, or about to be."""

MAY_BE_A_SCAM: Final = re.compile(
    r"\bscam\w*\b|\bscammer\b|\b(?:asked|asking|asks|wants?|wanted|demand\w*|needs?|told me to (?:give|read"
    r"|tell)|read out|give (?:him|her|them))\b"
    r".*\b(?:code|otp|passcode|pin|password)\b|\b(?:safe account|move my money|gift cards?)\b.*\b(?:bank|police"
    r"|caller|told|asked|says)\b|"
    r"\b(?:caller|someone|somebody|man|woman|guy|bank)\b.*\b(?:code|otp) (?:from|in|that)\b|\b(?:anydesk"
    r"|teamviewer|remote access)\b"
)
"""What may be one: a question, somebody else's case, a code that is asked for."""
