"""Handoffs: where each call that goes to a person is on its way.

Written out as it was on that day, like the others.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Microseconds since 1970 on SQLite, which has no type for an instant.
INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")
STATES = (
    *("agreed", "waiting", "ringing", "briefed", "joined", "parted"),
    *("returning", "returned", "talked", "gone"),
)


def upgrade() -> None:
    states = ", ".join(f"'{state}'" for state in STATES)
    op.create_table(
        "handoffs",
        sa.Column("call_sid", sa.String, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("caller_number", sa.String),
        sa.Column("brief", sa.String, nullable=False, server_default=""),
        sa.Column("person_sid", sa.String),
        sa.Column("due_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint(f"state IN ({states})", name="handoffs_states"),
    )
    op.create_index("handoffs_due", "handoffs", ["due_at"])
