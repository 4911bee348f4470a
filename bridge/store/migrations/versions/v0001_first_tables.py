"""The first tables.

A migration is never edited once released, so nothing here is imported from the project:
lists and types are written out as they were on that day.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LIVE = "('held', 'booking', 'booked', 'leaving')"

ENDED = "('expired', 'released', 'failed', 'withdrawn', 'moved', 'cancelled')"

# Microseconds since 1970 on SQLite, which has no type for an instant.
INSTANT = sa.DateTime(timezone=True).with_variant(sa.BigInteger(), "sqlite")


def upgrade() -> None:
    _bookings()
    _texts_and_callbacks()
    _calls()
    if op.get_bind().dialect.name == "postgresql":
        _no_overlap_on_postgresql()
    else:
        _no_overlap_on_sqlite()


def _bookings() -> None:
    op.create_table(
        "calendars",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("google_id", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "reservations",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("calendar_id", sa.Integer, sa.ForeignKey("calendars.id"), nullable=False),
        sa.Column("service", sa.String, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("call_sid", sa.String, nullable=False),
        sa.Column("caller_number", sa.String),
        sa.Column("expires_at", INSTANT),
        sa.Column("event_id", sa.String),
        sa.Column("customer_name", sa.String),
        sa.Column("moves_id", sa.String, sa.ForeignKey("reservations.id")),
        sa.Column("spares_from", INSTANT),
        sa.Column("spares_to", INSTANT),
        sa.Column("ends_as", sa.String),
        sa.Column("due_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="reservations_take_time"),
        sa.CheckConstraint(
            f"state IN {LIVE} OR state IN {ENDED}",
            name="reservations_states",
        ),
        sa.CheckConstraint("state <> 'held' OR expires_at IS NOT NULL", name="reservations_holds_expire"),
        sa.CheckConstraint(
            "state NOT IN ('booking', 'booked', 'leaving') OR event_id IS NOT NULL",
            name="reservations_bookings_have_an_event",
        ),
        sa.CheckConstraint(
            "state <> 'leaving' OR ends_as IS NOT NULL AND ends_as IN ('cancelled', 'moved', 'withdrawn')",
            name="reservations_leaving_lead_somewhere",
        ),
        sa.CheckConstraint(
            "(spares_from IS NULL) = (spares_to IS NULL) AND (spares_from IS NULL"
            " OR spares_from < spares_to AND moves_id IS NOT NULL AND state NOT IN ('booked', 'leaving'))",
            name="reservations_only_moves_spare",
        ),
    )
    op.create_index("reservations_by_time", "reservations", ["calendar_id", "starts_at"])
    op.create_index("reservations_by_number", "reservations", ["caller_number", "starts_at"])
    op.create_index("reservations_due", "reservations", ["due_at"])
    for name, column, states in (
        ("reservations_one_hold_per_call", "call_sid", "state = 'held'"),
        ("reservations_one_hold_per_number", "caller_number", "state = 'held'"),
        ("reservations_one_booking_per_event", "event_id", "state IN ('booked', 'leaving')"),
        ("reservations_one_move_at_a_time", "moves_id", "state = 'booking'"),
    ):
        op.create_index(
            name,
            "reservations",
            [column],
            unique=True,
            postgresql_where=sa.text(states),
            sqlite_where=sa.text(states),
        )


def _texts_and_callbacks() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("reservation_id", sa.String, sa.ForeignKey("reservations.id")),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("to_number", sa.String, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("message_sid", sa.String),
        sa.Column("error_code", sa.String),
        sa.Column("call_sid", sa.String, nullable=False),
        sa.Column("due_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.UniqueConstraint("reservation_id", "kind", name="outbox_one_per_kind"),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'sent', 'failed', 'unknown')", name="outbox_states"
        ),
    )
    op.create_index("outbox_due", "outbox", ["due_at"])
    op.create_table(
        "callbacks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("call_sid", sa.String, nullable=False),
        sa.Column("number", sa.String),
        sa.Column("name", sa.String),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("call_sid", sa.String, primary_key=True),
        sa.Column("caller_number", sa.String),
        sa.Column("our_number", sa.String),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("outcome", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("summary", sa.String),
        sa.Column("next_step", sa.String),
        sa.Column("next_step_reason", sa.String),
        sa.Column("review", sa.String),
        *(
            sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
            for name in (
                "input_text",
                "input_audio",
                "cached_text",
                "cached_audio",
                "output_text",
                "output_audio",
            )
        ),
        sa.CheckConstraint(
            "outcome IN ('booked', 'transferred', 'message_taken', 'question_answered', 'ended',"
            " 'caller_hung_up', 'refused', 'failed')",
            name="calls_outcomes",
        ),
        sa.CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="calls_ends_have_an_outcome"),
    )
    op.create_index("calls_by_number", "calls", ["caller_number", "started_at"])
    op.create_table(
        "turns",
        sa.Column("call_sid", sa.String, primary_key=True),
        sa.Column("at", INSTANT, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("speaker", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("heard_ms", sa.Integer),
        sa.Column("spoken_ms", sa.Integer),
        sa.Column("cut", sa.Boolean, nullable=False),
        sa.CheckConstraint("speaker IN ('caller', 'agent')", name="turns_speakers"),
    )
    op.create_index("turns_by_time", "turns", ["at"])
    op.create_table(
        "tool_calls",
        sa.Column("call_sid", sa.String, primary_key=True),
        sa.Column("tool_call_id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("arguments", sa.String),
        sa.Column("gate", sa.String, nullable=False),
        sa.Column("error_code", sa.String),
        sa.Column("took_ms", sa.Integer, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
    )
    op.create_index("tool_calls_by_time", "tool_calls", ["at"])
    op.create_table(
        "tokens",
        sa.Column("nonce", sa.String, primary_key=True),
        sa.Column("call_sid", sa.String, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
    )


def _no_overlap_on_postgresql() -> None:
    # A number as a range of one, because `=` on it would need the extension btree_gist.
    op.execute(
        "ALTER TABLE reservations ADD CONSTRAINT reservations_never_overlap EXCLUDE USING gist ("
        " int4range(calendar_id, calendar_id, '[]') WITH &&,"
        " (tstzmultirange(tstzrange(starts_at, ends_at, '[)'))"
        "  - CASE WHEN spares_from IS NULL THEN '{}'::tstzmultirange"
        "    ELSE tstzmultirange(tstzrange(spares_from, spares_to, '[)')) END) WITH &&"
        f") WHERE (state IN {LIVE})"
    )


def _no_overlap_on_sqlite() -> None:
    # What a row keeps for itself lies before what it spares and after it; either may be empty.
    new, other = (
        [
            (f"{row}.starts_at", f"MIN({row}.ends_at, COALESCE({row}.spares_from, {row}.ends_at))"),
            (f"MAX({row}.starts_at, COALESCE({row}.spares_to, {row}.ends_at))", f"{row}.ends_at"),
        ]
        for row in ("NEW", "other")
    )
    overlap = " OR ".join(
        f"MAX({new_from}, {other_from}) < MIN({new_to}, {other_to})"
        for new_from, new_to in new
        for other_from, other_to in other
    )
    for name, event, another in (
        ("insert", "INSERT", "NEW.id"),
        ("update", "UPDATE OF id, calendar_id, starts_at, ends_at, state, spares_from, spares_to", "OLD.id"),
    ):
        op.execute(
            # Put together from this file's own words only.
            f"CREATE TRIGGER reservations_never_overlap_{name} BEFORE {event} ON reservations"  # noqa: S608
            f" WHEN NEW.state IN {LIVE} BEGIN"
            " SELECT RAISE(ABORT, 'reservations overlap') WHERE EXISTS ("
            "  SELECT 1 FROM reservations AS other WHERE other.calendar_id = NEW.calendar_id"
            f"  AND other.state IN {LIVE} AND other.id <> {another}"
            "  AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at"
            f"  AND ({overlap})"
            " ); END"
        )
