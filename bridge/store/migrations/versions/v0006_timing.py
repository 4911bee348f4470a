"""How quickly a call began, and its turns were answered.

Written out as it was on that day, like the first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("answered_ms", "stream_ms", "configured_ms", "first_audio_ms"):
        op.add_column("calls", sa.Column(name, sa.Integer))
    op.add_column("calls", sa.Column("turn_delays", sa.String))
