"""What people type: words, amounts, names, periods."""

from ultracore.offline_model.language.amounts import find_amounts, without_amounts
from ultracore.offline_model.language.intents import Intent, intent_of, is_follow_up
from ultracore.offline_model.language.names import (
    KIND_WORDS,
    NamedDestination,
    account_ids_in,
    accounts_named,
    destinations_named,
    kinds_named,
    payees_named,
)
from ultracore.offline_model.language.periods import find_span, without_periods
from ultracore.offline_model.language.slots import (
    Mention,
    Slots,
    is_correction,
    names_a_destination,
    read_destination,
    read_slots,
    read_source,
)
from ultracore.offline_model.language.text import corrected, fold, words_of

__all__ = [
    "KIND_WORDS",
    "Intent",
    "Mention",
    "NamedDestination",
    "Slots",
    "account_ids_in",
    "accounts_named",
    "corrected",
    "destinations_named",
    "find_amounts",
    "find_span",
    "fold",
    "intent_of",
    "is_correction",
    "is_follow_up",
    "kinds_named",
    "names_a_destination",
    "payees_named",
    "read_destination",
    "read_slots",
    "read_source",
    "without_amounts",
    "without_periods",
    "words_of",
]
