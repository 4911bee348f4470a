"""How urgent a task for a person is, when to call, and that the owner was told of it.

Written out as it was on that day, like the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "callbacks", sa.Column("urgency", sa.String, nullable=False, server_default=sa.text("'normal'"))
    )
    op.add_column("callbacks", sa.Column("best_time", sa.String))
    op.add_column("leads", sa.Column("best_time", sa.String))
    op.add_column("outbox", sa.Column("callback_id", sa.String))
    op.create_index("outbox_one_per_callback", "outbox", ["callback_id", "channel"], unique=True)
