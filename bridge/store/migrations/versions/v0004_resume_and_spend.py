"""What a call goes on from when its stream broke, and what a day has cost.

Written out as it was on that day, like the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Microseconds since 1970 on SQLite, which has no type for an instant.
INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    op.add_column("calls", sa.Column("snapshot", sa.String))
    op.add_column("calls", sa.Column("resumes", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column("calls", sa.Column("next_asked_at", INSTANT))
    op.create_table(
        "daily_spend",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("micros", sa.BigInteger, nullable=False),
    )
