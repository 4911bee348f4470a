"""Proves afterwards what must always be true, from the ledgers and the database alone.

Pure. Each rule is a function of the evidence that yields a sentence for everything wrong;
`RULES` is the list of them; I1 to I9 number what no call may ever break, however it goes. The
checker knows nothing of the server's objects. Read `evidence.py` first, then checks_of_line.py,
checks_of_voice.py, checks_of_bookings.py and checks_of_record.py for the rules.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from bridge.harness.checks_of_bookings import (
    booked_after_a_yes,
    holds_are_bounded,
    no_double_booking,
    rows_and_events_agree,
    said_implies_done,
    told_only_to_their_owner,
)
from bridge.harness.checks_of_line import (
    cuts_are_true,
    interrupted_agent_falls_silent,
    no_breach,
    no_leg_is_orphaned,
    nothing_is_asked_before_the_stream,
    nothing_is_left,
    session_ends_with_the_call,
)
from bridge.harness.checks_of_mail import mails_at_most_once
from bridge.harness.checks_of_record import (
    call_has_an_end,
    log_tells_nothing_personal,
    notices_follow_the_booking,
    texts_at_most_once,
)
from bridge.harness.checks_of_voice import audio_arrives_whole
from bridge.harness.evidence import Evidence, is_ours
from bridge.harness.expectations import Facts, failed_expectations
from tools.store import Channel, ReservationState

Rule = Callable[[Evidence], Iterator[str]]


class Verdict(msgspec.Struct, frozen=True):
    """One rule and what it found wrong."""

    rule: str
    wrong: list[str]


def check(evidence: Evidence) -> list[Verdict]:
    """Every rule, in order; a run is good when no verdict has anything wrong."""
    return [Verdict(name, list(rule(evidence))) for name, rule in RULES]


def recording_is_met(evidence: Evidence) -> Iterator[str]:
    """What the recording says must be true at its end."""
    yield from failed_expectations(evidence.recording.expect, facts_of(evidence))


RULES: tuple[tuple[str, Rule], ...] = (
    ("nobody broke the protocol", no_breach),
    ("the caller's audio arrives whole (I8)", audio_arrives_whole),
    ("the model knows what was heard", cuts_are_true),
    ("an interrupted agent falls silent", interrupted_agent_falls_silent),
    ("the model session ends with the call (I7)", session_ends_with_the_call),
    ("nothing is asked of the model before the stream", nothing_is_asked_before_the_stream),
    ("no leg is left behind", no_leg_is_orphaned),
    ("nothing is left behind", nothing_is_left),
    ("no double booking (I1)", no_double_booking),
    ("rows and events agree (I2)", rows_and_events_agree),
    ("said implies done (I3)", said_implies_done),
    ("booked only after a yes", booked_after_a_yes),
    ("bookings are told only to their owner", told_only_to_their_owner),
    ("holds are bounded (I5)", holds_are_bounded),
    ("texts at most once, to the caller only (I4)", texts_at_most_once),
    ("mails at most once, true to their booking", mails_at_most_once),
    ("notices follow the booking", notices_follow_the_booking),
    ("the call has an end (I6)", call_has_an_end),
    ("the log tells nothing personal (I9)", log_tells_nothing_personal),
    ("the recording's own expectations", recording_is_met),
)


def facts_of(evidence: Evidence) -> Facts:
    """How the call ended, for the recording's expectations."""
    row = evidence.rows.calls[0] if evidence.rows.calls else None
    starts = [
        datetime.fromisoformat(event["start"]["dateTime"]).replace(tzinfo=None)
        for calendar in evidence.calendar_events.values()
        for event in calendar.values()
        if event["status"] != "cancelled" and is_ours(event)
    ]
    dialled = [e.data["number"] for e in evidence.telephone.of("dialled") if e.data["status"] == "completed"]
    held = [
        hold for hold in evidence.rows.reservations
        if hold.state is ReservationState.HELD and hold.expires_at and hold.expires_at > evidence.rows.at
    ]  # fmt: skip
    told = to_owner(evidence)
    return Facts(
        outcome=row.outcome.value if row and row.outcome else "none",
        end=_end(evidence, bool(dialled)),
        events=tuple(sorted(starts)),
        cancelled=_starts_of(evidence, ReservationState.CANCELLED),
        moved=_starts_of(evidence, ReservationState.MOVED),
        texts=sum(message["body"] not in told for message in evidence.messages),
        emails=sum(mail.message_id not in told for mail in evidence.mails),
        owner_texts=sum(message["body"] in told for message in evidence.messages),
        owner_emails=sum(mail.message_id in told for mail in evidence.mails),
        callbacks=tuple(row.reason for row in evidence.rows.callbacks),
        lead=_lead(evidence),
        tools=tuple(entry.data["name"] for entry in evidence.model.of("tool_asked")),
        interruptions=sum(1 for e in evidence.telephone.of("cleared") if e.data["dropped_bytes"]),
        dialled=dialled[-1] if dialled else "",
        holds_left=len(held),
    )


def to_owner(evidence: Evidence) -> frozenset[str]:
    """Bodies of the texts and ids of the mails that told the owner of a task."""
    told = [text for text in evidence.rows.texts if text.callback_id is not None]
    return frozenset(text.body if text.channel is Channel.SMS else text.id for text in told)


def _starts_of(evidence: Evidence, state: ReservationState) -> tuple[datetime, ...]:
    """Wall-clock starts of the reservations that ended so."""
    rows = (row for row in evidence.rows.reservations if row.state is state)
    return tuple(sorted(row.start.astimezone(evidence.zone).replace(tzinfo=None) for row in rows))


def _lead(evidence: Evidence) -> dict[str, str]:
    """What was kept of what the caller told, the owner's own fields beside the others."""
    told: dict[str, str] = {}
    for row in evidence.rows.leads:
        kept = msgspec.structs.asdict(row.lead)
        told |= kept.pop("fields")
        told |= {key: value for key, value in kept.items() if value is not None}
    return told


def _end(evidence: Evidence, dialled: bool) -> str:
    hung_up = next((entry.data["by"] for entry in evidence.telephone.of("hung_up")), "nobody")
    if hung_up == "caller":
        return "caller_hung_up"
    if dialled:
        return "person"
    return "message" if evidence.rows.callbacks else "hang_up"
