"""PostgreSQL alone: text in the order of its bytes, and numbers of entries that no writer waits for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = (
    "tenants worlds customers accounts users balances cards payees entries holdings loans postings proposals holds"
    " checker_buttons loan_applications securities prices trades investment_profiles incidents surroundings"
    " access_marks interest_rates cooling_off repayment_accounts"
)


def upgrade() -> None:
    """On SQLite text is in the order of its bytes anyway, and the one writer counts on from the last number."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in _TABLES.split():
        op.execute(f"ALTER TABLE {table} {', '.join(_byte_order(table))}")
    op.execute("CREATE SEQUENCE entries_number OWNED BY entries.sequence")
    op.execute("SELECT setval('entries_number', coalesce(max(sequence), 0) + 1, false) FROM entries")


def _byte_order(table: str) -> list[str]:
    columns = sa.inspect(op.get_bind()).get_columns(table)
    texts = [column for column in columns if isinstance(column["type"], sa.String)]
    return [f'ALTER COLUMN {column["name"]} TYPE {_type(column["type"])} COLLATE "C"' for column in texts]


def _type(known: sa.types.TypeEngine[object]) -> str:
    length = getattr(known, "length", None)
    return f"varchar({length})" if length else "text"


def downgrade() -> None:
    """Nothing of it is in the way of the older program."""
