"""The tables, for writing queries. `migrations/` is what creates them; a test compares the two.

Two rules are the database's own and stand in the first migration, because no portable
description of them exists: live reservations of one calendar never overlap (an exclusion
constraint on PostgreSQL, triggers on SQLite), and outcomes, states and speakers are closed lists.

Call ids are not foreign keys: a call's row is written off the audio path and may come
after what belongs to it. Read `bookings.py` or `calls.py` next.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC datetime; on SQLite microseconds since 1970, as it has no type for one.

    A naive datetime is refused on the way in, and none ever comes out.
    """

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        on_sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(sa.BigInteger() if on_sqlite else sa.DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the store keeps aware datetimes only")
        return (value - EPOCH) // timedelta(microseconds=1) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return EPOCH + timedelta(microseconds=value)
        aware: datetime = value.astimezone(UTC)
        return aware


metadata = sa.MetaData()

calendars = sa.Table(
    "calendars",
    metadata,
    # The exclusion constraint and the advisory lock both want a small number, not Google's text.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("google_id", sa.String, nullable=False, unique=True),
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # uuid4 hex
    sa.Column("calendar_id", sa.Integer, sa.ForeignKey("calendars.id"), nullable=False),
    sa.Column("service", sa.String, nullable=False),
    sa.Column("starts_at", Instant, nullable=False),
    sa.Column("ends_at", Instant, nullable=False),  # exclusive: back to back is legal
    sa.Column("state", sa.String, nullable=False),  # tools.store.ReservationState
    sa.Column("call_sid", sa.String, nullable=False),
    sa.Column("caller_number", sa.String),
    sa.Column("expires_at", Instant),  # of a hold
    sa.Column("event_id", sa.String),  # Google's id of the event, ours to choose
    sa.Column("customer_name", sa.String),
    sa.Column("moves_id", sa.String, sa.ForeignKey("reservations.id")),  # takes that booking's place
    # The part of its time that the booking it moves keeps already: whoever is moved by half
    # an hour must not be in their own way. NULL for all others.
    sa.Column("spares_from", Instant),
    sa.Column("spares_to", Instant),
    sa.Column("ends_as", sa.String),  # of one that is leaving
    sa.Column("due_at", Instant),  # when recovery looks at it
    sa.Column("customer_email", sa.String),
    sa.Column("note", sa.String, nullable=False, server_default=""),
    sa.Column("wants_text", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("confirmed_at", Instant),  # by the customer
    sa.Column("first_id", sa.String),  # the booking that began a line of moves; NULL: this one
    sa.Column("moves", sa.Integer, nullable=False, server_default=sa.text("0")),  # how many led here
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index("reservations_by_time", "calendar_id", "starts_at"),
    sa.Index("reservations_by_number", "caller_number", "starts_at"),
    sa.Index("reservations_due", "due_at"),
    # A booking and what it is being moved to share the event; no two bookings do.
    sa.Index(
        "reservations_one_booking_per_event",
        "event_id",
        unique=True,
        postgresql_where=sa.text("state IN ('booked', 'leaving')"),
        sqlite_where=sa.text("state IN ('booked', 'leaving')"),
    ),
    sa.Index(
        "reservations_one_move_at_a_time",
        "moves_id",
        unique=True,
        postgresql_where=sa.text("state = 'booking'"),
        sqlite_where=sa.text("state = 'booking'"),
    ),
    # One live hold per call and per number.
    sa.Index(
        "reservations_one_hold_per_call",
        "call_sid",
        unique=True,
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    ),
    sa.Index(
        "reservations_one_hold_per_number",
        "caller_number",
        unique=True,
        postgresql_where=sa.text("state = 'held'"),
        sqlite_where=sa.text("state = 'held'"),
    ),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # uuid4 hex
    sa.Column("reservation_id", sa.String, sa.ForeignKey("reservations.id")),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("channel", sa.String, nullable=False, server_default="sms"),  # tools.store.Channel
    sa.Column("to", sa.String, nullable=False),  # a number, or an email address
    sa.Column("subject", sa.String, nullable=False, server_default=""),
    sa.Column("body", sa.String, nullable=False),
    sa.Column("invite", sa.String, nullable=False, server_default=""),
    sa.Column("state", sa.String, nullable=False),  # tools.store.TextState
    sa.Column("message_sid", sa.String),
    sa.Column("error_code", sa.String),
    sa.Column("call_sid", sa.String, nullable=False),
    # The task that the owner is told of. No foreign key: a task is forgotten by itself.
    sa.Column("callback_id", sa.String),
    sa.Column("due_at", Instant),  # when recovery looks at it
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.UniqueConstraint("reservation_id", "kind", "channel", name="outbox_one_per_kind"),
    sa.Index("outbox_one_per_callback", "callback_id", "channel", unique=True),
    sa.Index("outbox_due", "due_at"),
    # For the caps.
    sa.Index("outbox_by_reader", "to", "created_at"),
    sa.Index("outbox_by_time", "created_at"),
    sa.Index("outbox_by_call", "call_sid"),
)

callbacks = sa.Table(
    "callbacks",
    metadata,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("call_sid", sa.String, nullable=False),
    sa.Column("number", sa.String),
    sa.Column("name", sa.String),
    sa.Column("message", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),  # a key of tools.callbacks.REASONS
    sa.Column("urgency", sa.String, nullable=False, server_default="normal"),
    sa.Column("best_time", sa.String),  # to call, in the caller's words
    sa.Column("created_at", Instant, nullable=False),
)

callers = sa.Table(
    "callers",
    metadata,
    sa.Column("number", sa.String, primary_key=True),
    sa.Column("consented_at", Instant),  # to be texted, first time
    sa.Column("opted_out_at", Instant),  # NULL: takes texts
    sa.Column("heard_at", Instant, nullable=False),  # last consent, STOP or START
)

codes = sa.Table(
    "codes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # uuid4 hex
    sa.Column("number", sa.String, nullable=False),
    sa.Column("call_sid", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False),  # the code itself is kept nowhere
    sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),  # wrong ones
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),  # earlier, when another took its place
    sa.Column("used_at", Instant),
    sa.Index("codes_by_number", "number", "created_at"),
    sa.Index("codes_by_call", "call_sid"),
)

leads = sa.Table(
    "leads",
    metadata,
    sa.Column("call_sid", sa.String, primary_key=True),
    sa.Column("caller_number", sa.String),
    # Named as in tools.store.Lead.
    *(
        sa.Column(name, sa.String)
        for name in (
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
            "best_time",
        )
    ),
    sa.Column("fields", sa.String, nullable=False),  # JSON, the owner's own
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("call_sid", sa.String, primary_key=True),
    sa.Column("caller_number", sa.String),
    sa.Column("our_number", sa.String),
    sa.Column("attested", sa.Boolean, nullable=False, server_default=sa.false()),  # the network vouches
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("outcome", sa.String),  # bridge.store.calls.Outcome; None while the call lasts
    sa.Column("reason", sa.String),
    sa.Column("summary", sa.String),
    sa.Column("next_step", sa.String),
    sa.Column("next_step_reason", sa.String),
    sa.Column("review", sa.String),  # why the owner should look at it, joined by commas
    sa.Column("snapshot", sa.String),  # what another stream goes on from: bridge/call/snapshot.py
    sa.Column("resumes", sa.Integer, nullable=False, server_default=sa.text("0")),  # streams after the first
    sa.Column("next_asked_at", Instant),  # when the telephone was told what comes after our stream
    # Named as in bridge.call.timeline.TimeLine; of the first stream.
    *(
        sa.Column(name, sa.Integer)
        for name in ("answered_ms", "stream_ms", "configured_ms", "first_audio_ms")
    ),
    sa.Column("turn_delays", sa.String),  # JSON of bridge.call.delays.TurnDelays; of the latest stream
    # Tokens, named as in bridge.call.messages.Usage.
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
    sa.Index("calls_by_number", "caller_number", "started_at"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("call_sid", sa.String, primary_key=True),
    # Numbers begin again on each stream of a call, so the time is part of the key.
    sa.Column("at", Instant, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_id", sa.String, nullable=False),
    sa.Column("speaker", sa.String, nullable=False),  # "caller" or "agent"
    sa.Column("text", sa.String, nullable=False),
    sa.Column("heard_ms", sa.Integer),
    sa.Column("spoken_ms", sa.Integer),
    sa.Column("cut", sa.Boolean, nullable=False),
    sa.Index("turns_by_time", "at"),
)

tool_calls = sa.Table(
    "tool_calls",
    metadata,
    sa.Column("call_sid", sa.String, primary_key=True),
    sa.Column("tool_call_id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("arguments", sa.String),  # JSON as the model wrote it; None once retention took it
    sa.Column("gate", sa.String, nullable=False),
    sa.Column("error_code", sa.String),  # None: the tool did what was asked
    sa.Column("took_ms", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Index("tool_calls_by_time", "at"),
)

daily_spend = sa.Table(
    "daily_spend",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),  # in the business's zone
    sa.Column("micros", sa.BigInteger, nullable=False),  # millionths of a dollar
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("nonce", sa.String, primary_key=True),
    sa.Column("call_sid", sa.String, nullable=False),
    sa.Column("used_at", Instant, nullable=False),
)


handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("call_sid", sa.String, primary_key=True),  # the caller's leg: a call is handed over once
    sa.Column("state", sa.String, nullable=False),  # bridge.handoff.states.State
    sa.Column("caller_number", sa.String),
    sa.Column("brief", sa.String, nullable=False, server_default=""),  # told to the person
    sa.Column("person_sid", sa.String),  # the person's leg
    sa.Column("due_at", Instant),  # when it is looked at again
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index("handoffs_due", "due_at"),
)


def insert_into(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """An insert that also knows ON CONFLICT, which both databases have and SQLAlchemy keeps apart."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
