"""What people type: words, amounts, names, periods."""

from ultracore.offline_model.language.amounts import find_amounts, without_amounts
from ultracore.offline_model.language.harm import (
    MAY_BE_A_SCAM,
    NO_CARD_OF_OURS,
    NOT_A_LOST_CARD,
    NOT_A_REPORT,
    SCAMMED,
)
from ultracore.offline_model.language.intents import Intent, begins_with_a_transfer, intent_of, is_follow_up
from ultracore.offline_model.language.names import (
    KIND_WORDS,
    NamedDestination,
    account_ids_in,
    accounts_named,
    destinations_named,
    kinds_named,
    payees_named,
)
from ultracore.offline_model.language.periods import (
    Span,
    UnclearDays,
    find_span,
    is_period,
    span_of,
    spans_in,
    without_periods,
)
from ultracore.offline_model.language.slots import (
    Mention,
    Slots,
    is_correction,
    names_a_destination,
    read_destination,
    read_slots,
    read_source,
)
from ultracore.offline_model.language.text import corrected, fold, unslang, words_of

__all__ = [
    "KIND_WORDS",
    "MAY_BE_A_SCAM",
    "NOT_A_LOST_CARD",
    "NOT_A_REPORT",
    "NO_CARD_OF_OURS",
    "SCAMMED",
    "Intent",
    "Mention",
    "NamedDestination",
    "Slots",
    "Span",
    "UnclearDays",
    "account_ids_in",
    "accounts_named",
    "begins_with_a_transfer",
    "corrected",
    "destinations_named",
    "find_amounts",
    "find_span",
    "fold",
    "intent_of",
    "is_correction",
    "is_follow_up",
    "is_period",
    "kinds_named",
    "names_a_destination",
    "payees_named",
    "read_destination",
    "read_slots",
    "read_source",
    "span_of",
    "spans_in",
    "unslang",
    "without_amounts",
    "without_periods",
    "words_of",
]
