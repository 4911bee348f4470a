"""Texts of either channel and with an hour of their own; callers, codes and leads.

Written out as it was on that day, like the first. On SQLite the outbox and the calls are made
anew, as it cannot change a constraint; `reservations` only gets columns, and so keeps its triggers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Microseconds since 1970 on SQLite, which has no type for an instant.
INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    _reservations()
    _outbox()
    _calls()
    _callers()
    _leads()


def _reservations() -> None:
    op.add_column("reservations", sa.Column("customer_email", sa.String))
    op.add_column("reservations", _words("note"))
    op.add_column("reservations", _no("wants_text"))
    op.add_column("reservations", sa.Column("confirmed_at", INSTANT))
    op.add_column("reservations", sa.Column("first_id", sa.String))
    op.add_column("reservations", sa.Column("moves", sa.Integer, nullable=False, server_default=sa.text("0")))


def _outbox() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("to_number", new_column_name="to")
        outbox.add_column(sa.Column("channel", sa.String, nullable=False, server_default="sms"))
        outbox.add_column(_words("subject"))
        outbox.add_column(_words("invite"))
        outbox.drop_constraint("outbox_one_per_kind", type_="unique")
        outbox.create_unique_constraint("outbox_one_per_kind", ["reservation_id", "kind", "channel"])
        outbox.drop_constraint("outbox_states", type_="check")
        outbox.create_check_constraint(
            "outbox_states",
            "state IN ('pending', 'sending', 'sent', 'failed', 'unknown', 'cancelled')",
        )
        outbox.create_check_constraint("outbox_channels", "channel IN ('sms', 'email')")
    op.create_index("outbox_by_reader", "outbox", ["to", "created_at"])
    op.create_index("outbox_by_time", "outbox", ["created_at"])
    op.create_index("outbox_by_call", "outbox", ["call_sid"])


def _calls() -> None:
    with op.batch_alter_table("calls") as calls:
        calls.add_column(_no("attested"))
        calls.drop_constraint("calls_outcomes", type_="check")
        calls.create_check_constraint(
            "calls_outcomes",
            "outcome IN ('booked', 'rescheduled', 'cancelled', 'transferred', 'message_taken', 'lead_taken',"
            " 'question_answered', 'ended', 'caller_hung_up', 'refused', 'failed')",
        )


def _callers() -> None:
    op.create_table(
        "callers",
        sa.Column("number", sa.String, primary_key=True),
        sa.Column("consented_at", INSTANT),
        sa.Column("opted_out_at", INSTANT),
        sa.Column("heard_at", INSTANT, nullable=False),
    )
    op.create_table(
        "codes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("call_sid", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT),
    )
    op.create_index("codes_by_number", "codes", ["number", "created_at"])
    op.create_index("codes_by_call", "codes", ["call_sid"])


def _leads() -> None:
    told = (
        "name",
        "callback_number",
        "email",
        "location",
        "reason",
        "customer",
        "appointment_type",
        "urgency",
        "qualified",
        "handoff_reason",
    )
    op.create_table(
        "leads",
        sa.Column("call_sid", sa.String, primary_key=True),
        sa.Column("caller_number", sa.String),
        *(sa.Column(name, sa.String) for name in told),
        sa.Column("fields", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
    )


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False, server_default="")


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
