"""The journal's rules as PostgreSQL triggers: as `triggers_sqlite.py`, and against TRUNCATE, which fires no other.

A unique key refuses a second entry of the same key by itself here, so the insert needs no such condition.
"""

from __future__ import annotations

from typing import Final

_FIXED: Final = (
    "entry_id",
    "sequence",
    "tenant_id",
    "kind",
    "description",
    "posted_at",
    "intent_event_id",
    "idempotency_key",
    "receipt_number",
    "proposal_id",
    "source_account_id",
    "payee_id",
    "source_balance_minor",
)
_CHANGED: Final = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _FIXED)


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _refusing(name: str, condition: str, message: str, give: str) -> str:
    raising = f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'"
    return _function(name, f"IF {condition} THEN {raising}; END IF; RETURN {give};")


def _trigger(name: str, moment: str, table: str, each: str = "ROW") -> str:
    return f"CREATE TRIGGER {name} {moment} ON {table} FOR EACH {each} EXECUTE FUNCTION {name}()"


_UNBALANCED: Final = """
IF NEW.posted = 1 AND (SELECT count(*) FROM postings WHERE entry_id = NEW.entry_id) < 2 THEN
    RAISE EXCEPTION 'an entry needs at least two postings' USING ERRCODE = 'integrity_constraint_violation';
END IF;
IF NEW.posted = 1 AND EXISTS (
    SELECT 1 FROM postings WHERE entry_id = NEW.entry_id GROUP BY currency HAVING sum(amount_minor) <> 0
) THEN
    RAISE EXCEPTION 'the postings of an entry must sum to zero in each currency'
    USING ERRCODE = 'integrity_constraint_violation';
END IF;
IF NEW.posted = 1 AND EXISTS (
    SELECT 1 FROM postings JOIN accounts USING (account_id)
    WHERE postings.entry_id = NEW.entry_id
    AND (accounts.currency <> postings.currency OR accounts.tenant_id <> NEW.tenant_id)
) THEN
    RAISE EXCEPTION 'a posting must have the tenant and the currency of its account'
    USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
"""
_BALANCES: Final = """
IF NEW.posted = 1 THEN
    UPDATE balances SET balance_minor = balances.balance_minor + moved.minor
    FROM (
        SELECT account_id, sum(amount_minor) AS minor FROM postings
        WHERE entry_id = NEW.entry_id GROUP BY account_id
    ) AS moved
    WHERE balances.account_id = moved.account_id;
END IF;
RETURN NULL;
"""
_ACCOUNT: Final = """
INSERT INTO balances (account_id, balance_minor, floor_minor)
VALUES (NEW.account_id, 0, CASE WHEN NEW.kind IN ('internal', 'loan') THEN NULL ELSE 0 END);
RETURN NULL;
"""
# The lock: two sessions, of which one posts the entry while the other adds to it, see each other.
_JOINING: Final = """
PERFORM 1 FROM entries WHERE entry_id = NEW.entry_id AND posted = 0 FOR SHARE;
IF NOT FOUND AND EXISTS (SELECT 1 FROM entries WHERE entry_id = NEW.entry_id) THEN
    RAISE EXCEPTION 'nothing may be added to a posted entry' USING ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
"""
_OF_POSTED: Final = "EXISTS (SELECT 1 FROM entries WHERE entry_id = OLD.entry_id AND posted = 1)"
_KEPT_TABLES: Final = ("entries", "postings", "balances")

TRIGGERS: Final = (
    _refusing(
        "entries_start_unposted",
        "NEW.posted <> 0",
        "an entry is posted by an update, once its postings are there",
        "NEW",
    ),
    _trigger("entries_start_unposted", "BEFORE INSERT", "entries"),
    _refusing(
        "entries_never_change",
        f"OLD.posted = 1 OR {_CHANGED}",
        "an entry can be posted once and otherwise never changes",
        "NEW",
    ),
    _trigger("entries_never_change", "BEFORE UPDATE", "entries"),
    _function("entries_post_balanced", _UNBALANCED),
    _trigger("entries_post_balanced", "BEFORE UPDATE OF posted", "entries"),
    _function("entries_move_balances", _BALANCES),
    _trigger("entries_move_balances", "AFTER UPDATE OF posted", "entries"),
    _function("accounts_get_balance", _ACCOUNT),
    _trigger("accounts_get_balance", "AFTER INSERT", "accounts"),
    _refusing("entries_never_go", "OLD.posted = 1", "a posted entry can never be deleted", "OLD"),
    _trigger("entries_never_go", "BEFORE DELETE", "entries"),
    _function("postings_join_unposted", _JOINING),
    _trigger("postings_join_unposted", "BEFORE INSERT", "postings"),
    _refusing("postings_never_change", "true", "a posting never changes", "NEW"),
    _trigger("postings_never_change", "BEFORE UPDATE", "postings"),
    _refusing("postings_never_go", _OF_POSTED, "a posting of a posted entry can never be deleted", "OLD"),
    _trigger("postings_never_go", "BEFORE DELETE", "postings"),
    _refusing("balances_never_go", "true", "a balance can never be deleted", "OLD"),
    _trigger("balances_never_go", "BEFORE DELETE", "balances"),
    *(
        statement
        for table in _KEPT_TABLES
        for statement in (
            _refusing(f"{table}_never_emptied", "true", f"the table {table} can never be emptied", "NULL"),
            _trigger(f"{table}_never_emptied", "BEFORE TRUNCATE", table, "STATEMENT"),
        )
    ),
)
