"""Logins that are added, disabled and reset: roles with terms, links, requests, second factors."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = "user_roles one_time_links identity_requests second_factors recovery_codes"
_MOMENT = sa.DateTime(timezone=True)
# Roles from before terms were kept: earlier than any clock, so that they hold at once.
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Five new tables; what a login's one column of roles said becomes a row a role."""
    _roles()
    _links()
    _requests()
    _factors()
    _columns_of_users()
    if op.get_bind().dialect.name == "postgresql":
        # Text in the order of its bytes, as in every other table.
        for table in (*_TABLES.split(), "users"):
            op.execute(f"ALTER TABLE {table} {', '.join(_byte_order(table))}")


def downgrade() -> None:
    """Takes the tables away; a login keeps the roles that it has, without their terms."""
    op.add_column("users", sa.Column("roles", sa.String(length=200), nullable=False, server_default=""))
    held: dict[str, list[str]] = {}
    for user_id, role in op.get_bind().execute(sa.text("SELECT user_id, role FROM user_roles ORDER BY role")):
        held.setdefault(user_id, []).append(role)
    for user_id, roles in held.items():
        change = sa.text("UPDATE users SET roles = :roles WHERE user_id = :user_id")
        op.get_bind().execute(change, {"roles": ",".join(roles), "user_id": user_id})
    for table in reversed(_TABLES.split()):
        op.drop_table(table)
    op.drop_index(op.f("ix_users_shape"), "users")
    for column in ("epoch", "shape", "created_at", "last_sign_in_at", "password_set_at", "password_reset_at"):
        op.drop_column("users", column)


def _columns_of_users() -> None:
    rows = op.get_bind().execute(sa.text("SELECT user_id, roles FROM users")).all()
    terms = sa.table(
        "user_roles",
        sa.column("user_id", sa.String),
        sa.column("role", sa.String),
        sa.column("valid_from", _MOMENT if op.get_bind().dialect.name == "postgresql" else sa.DateTime()),
        sa.column("given_by", sa.String),
    )
    moment = _ALWAYS if op.get_bind().dialect.name == "postgresql" else _ALWAYS.replace(tzinfo=None)
    op.bulk_insert(
        terms,
        [
            {"user_id": user_id, "role": role, "valid_from": moment, "given_by": "migration"}
            for user_id, roles in rows
            for role in roles.split(",")
        ],
    )
    op.drop_column("users", "roles")
    op.add_column("users", sa.Column("epoch", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("users", sa.Column("shape", sa.String(length=200)))
    for column in ("created_at", "last_sign_in_at", "password_set_at", "password_reset_at"):
        op.add_column("users", sa.Column(column, _MOMENT))
    op.create_index(op.f("ix_users_shape"), "users", ["shape"])


def _user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f(f"fk_{table}_user_id"))


def _roles() -> None:
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("valid_from", _MOMENT, nullable=False),
        sa.Column("valid_until", _MOMENT),
        sa.Column("given_by", sa.String(length=128), nullable=False),
        _user("user_roles"),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_roles")),
    )


def _links() -> None:
    op.create_table(
        "one_time_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.String(length=64)),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries_left >= 0", name=op.f("ck_one_time_links_tries_left")),
        _user("one_time_links"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_one_time_links")),
    )
    op.create_index(op.f("ix_one_time_links_user_id"), "one_time_links", ["user_id"])


def _requests() -> None:
    op.create_table(
        "identity_requests",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=32)),
        sa.Column("valid_from", _MOMENT),
        sa.Column("valid_until", _MOMENT),
        sa.Column("new_customer_id", sa.String(length=64)),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("decided_by", sa.String(length=128)),
        sa.Column("decided_at", _MOMENT),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name=op.f("fk_identity_requests_tenant_id")),
        _user("identity_requests"),
        sa.ForeignKeyConstraint(
            ["new_customer_id"], ["customers.customer_id"], name=op.f("fk_identity_requests_new_customer_id")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_identity_requests")),
    )
    op.create_index(op.f("ix_identity_requests_tenant_id"), "identity_requests", ["tenant_id", "status"])


def _factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("sealed_secret", sa.String(length=512), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("confirmed_at", _MOMENT),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", _MOMENT),
        _user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", _MOMENT),
        _user("recovery_codes"),
        sa.PrimaryKeyConstraint("user_id", "digest", name=op.f("pk_recovery_codes")),
    )


def _byte_order(table: str) -> list[str]:
    columns = sa.inspect(op.get_bind()).get_columns(table)
    lengths = {column["name"]: getattr(column["type"], "length", None) for column in columns}
    return [
        f'ALTER COLUMN {name} TYPE varchar({length}) COLLATE "C"' for name, length in lengths.items() if length
    ]
