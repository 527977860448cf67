"""The journal's rules as SQLite triggers: they hold for every program that opens the file, not for ours alone.

`INSERT OR REPLACE` takes rows out without firing delete triggers unless the connection asks for it, so an insert
that meets a posted entry's key is refused before it starts.
"""

from __future__ import annotations

from typing import Final

_UNBALANCED: Final = """
CREATE TRIGGER entries_post_balanced BEFORE UPDATE OF posted ON entries WHEN NEW.posted = 1
BEGIN
    SELECT RAISE(ABORT, 'an entry needs at least two postings')
    WHERE (SELECT count(*) FROM postings WHERE entry_id = NEW.entry_id) < 2;
    SELECT RAISE(ABORT, 'the postings of an entry must sum to zero in each currency')
    WHERE EXISTS (
        SELECT 1 FROM postings WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0
    );
    SELECT RAISE(ABORT, 'a posting must have the tenant and the currency of its account')
    WHERE EXISTS (
        SELECT 1 FROM postings JOIN accounts USING (account_id)
        WHERE postings.entry_id = NEW.entry_id
        AND (accounts.currency <> postings.currency OR accounts.tenant_id <> NEW.tenant_id)
    );
END
"""

# `IS NOT` and not `<>`, which is never true if one side is NULL.
_CHANGED: Final = """
CREATE TRIGGER entries_never_change BEFORE UPDATE ON entries
WHEN OLD.posted = 1
    OR NEW.entry_id IS NOT OLD.entry_id OR NEW.sequence IS NOT OLD.sequence OR NEW.tenant_id IS NOT OLD.tenant_id
    OR NEW.kind IS NOT OLD.kind OR NEW.description IS NOT OLD.description OR NEW.posted_at IS NOT OLD.posted_at
    OR NEW.intent_event_id IS NOT OLD.intent_event_id OR NEW.idempotency_key IS NOT OLD.idempotency_key
    OR NEW.receipt_number IS NOT OLD.receipt_number OR NEW.proposal_id IS NOT OLD.proposal_id
    OR NEW.source_account_id IS NOT OLD.source_account_id OR NEW.payee_id IS NOT OLD.payee_id
    OR NEW.source_balance_minor IS NOT OLD.source_balance_minor
BEGIN
    SELECT RAISE(ABORT, 'an entry can be posted once and otherwise never changes');
END
"""

# A balance moves with its entry and by nothing else, so that no program can forget it or do it twice.
_BALANCES: Final = """
CREATE TRIGGER entries_move_balances AFTER UPDATE OF posted ON entries WHEN NEW.posted = 1
BEGIN
    UPDATE balances SET balance_minor = balance_minor + (
        SELECT sum(amount_minor) FROM postings
        WHERE postings.entry_id = NEW.entry_id AND postings.account_id = balances.account_id
    )
    WHERE account_id IN (SELECT account_id FROM postings WHERE entry_id = NEW.entry_id);
END
"""

_INSERTED: Final = """
CREATE TRIGGER entries_start_unposted BEFORE INSERT ON entries
BEGIN
    SELECT RAISE(ABORT, 'an entry is posted by an update, once its postings are there') WHERE NEW.posted <> 0;
    SELECT RAISE(ABORT, 'an entry with this key is posted already')
    WHERE EXISTS (SELECT 1 FROM entries WHERE entry_id = NEW.entry_id)
        OR EXISTS (SELECT 1 FROM entries WHERE sequence = NEW.sequence)
        OR EXISTS (SELECT 1 FROM entries WHERE idempotency_key = NEW.idempotency_key)
        OR EXISTS (SELECT 1 FROM entries WHERE receipt_number = NEW.receipt_number)
        OR EXISTS (SELECT 1 FROM entries WHERE intent_event_id = NEW.intent_event_id AND kind = NEW.kind)
        OR EXISTS (SELECT 1 FROM entries WHERE proposal_id = NEW.proposal_id AND kind = NEW.kind);
END
"""

# The bank's own accounts and loans go below zero; a customer's never does, in spite of any program's arithmetic.
_ACCOUNT: Final = """
CREATE TRIGGER accounts_get_balance AFTER INSERT ON accounts
BEGIN
    INSERT INTO balances (account_id, balance_minor, floor_minor)
    VALUES (NEW.account_id, 0, CASE WHEN NEW.kind IN ('internal', 'loan') THEN NULL ELSE 0 END);
END
"""


def _refusing(name: str, moment: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {moment}{condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"


_TO_POSTED: Final = " WHEN EXISTS (SELECT 1 FROM entries WHERE entry_id = NEW.entry_id AND posted = 1)"
_OF_POSTED: Final = " WHEN EXISTS (SELECT 1 FROM entries WHERE entry_id = OLD.entry_id AND posted = 1)"

TRIGGERS: Final = (
    _INSERTED,
    _CHANGED,
    _UNBALANCED,
    _BALANCES,
    _ACCOUNT,
    _refusing(
        "entries_never_go", "DELETE ON entries", " WHEN OLD.posted = 1", "a posted entry can never be deleted"
    ),
    _refusing(
        "postings_join_unposted",
        "INSERT ON postings",
        _TO_POSTED,
        "nothing may be added to a posted entry",
    ),
    _refusing("postings_never_change", "UPDATE ON postings", "", "a posting never changes"),
    _refusing(
        "postings_never_go",
        "DELETE ON postings",
        _OF_POSTED,
        "a posting of a posted entry can never be deleted",
    ),
    _refusing("balances_never_go", "DELETE ON balances", "", "a balance can never be deleted"),
)
