"""Rules about bookings: no two of one time, none without its event, none without a yes, nothing said untruly.

Pure. Rules of checker.py, which see; what they read is in evidence.py.
"""

import math
import re
from collections.abc import Iterator
from itertools import combinations, pairwise

from bridge.harness.evidence import (
    BYTES_PER_S,
    Evidence,
    answered_ok,
    instant,
    is_ours,
    reservation_of,
    sentence_of,
)
from bridge.harness.ledger import Entry
from bridge.harness.model.policy_resume import told_by
from tools.store import LIVE, ReservationState

FASTEST_MS = 40  # a character of very fast speech lasts this long
# Which tools propose what the calendar is then told, by what its ledger calls it.
PROPOSED_BY = {
    "inserted": ("hold_slot", "reschedule_event"),
    "patched": ("reschedule_event",),
    "deleted": ("cancel_event", "reschedule_event", "hold_slot"),  # the last: taken back, a person was first
}
KNOWN_BEFORE = "known_before"  # a booking of earlier, which a vouched caller may be told of
# What the agent says of its work, in the tools' own words, and what must have been done: a tool
# that answered `ok`, or, where the first answer only proposes, what the calendar was told.
SAID_OF = {
    "You're booked": ("create_event", "find_bookings", KNOWN_BEFORE),
    "It's moved": ("patched", "deleted"),
    "It's cancelled": ("deleted",),
    "I've sent you a text": ("send_confirmation", "send_code"),
    "I'm connecting you now": ("transfer_to_human",),
}
VOUCHED_FOR = "TN-Validation-Passed-A"
GREETED_WITH = "your next appointment"  # words of the tools' greeting
_DAY_AND_TIME = re.compile(r"\b(\w+day),.*? (at (?:noon|midnight|[a-z -]+ [AP]M))")  # of a tool's read-back
_WAS_BOOKED = (ReservationState.BOOKED, ReservationState.MOVED, ReservationState.CANCELLED)


def no_double_booking(evidence: Evidence) -> Iterator[str]:
    """I1: no two live reservations of one calendar overlap, and no two of our events."""
    live_rows = [
        row for row in evidence.rows.reservations
        if row.state in LIVE and not (row.expires_at and row.expires_at <= evidence.rows.at)
    ]  # fmt: skip
    for row, next_row in combinations(sorted(live_rows, key=lambda row: row.start), 2):
        # A booking and the hold that is to move it may lie over each other.
        moves = row.moves_id == next_row.id or next_row.moves_id == row.id
        if row.calendar_id == next_row.calendar_id and next_row.start < row.end and not moves:
            yield f"two reservations of {row.calendar_id} overlap"
    for calendar, events in evidence.calendar_events.items():
        live = sorted(
            (instant(event, "start"), instant(event, "end"), event["id"])
            for event in events.values()
            if event["status"] != "cancelled"
        )
        ours = {event_id for _, _, event_id in live if is_ours(events[event_id])}
        for earlier, later in pairwise(live):
            if later[0] < earlier[1] and (earlier[2] in ours or later[2] in ours):
                yield f"an event of ours overlaps another in {calendar}"


def rows_and_events_agree(evidence: Evidence) -> Iterator[str]:
    """I2: each booked row has exactly one live event, which names it, and each event of ours one row.

    So what was moved or cancelled has none. A row in `booking` or `leaving` is one whose end could
    not be told: its event may stand or not.
    """
    events = {
        event["id"]: event
        for calendar in evidence.calendar_events.values()
        for event in calendar.values()
        if event["status"] != "cancelled" and is_ours(event)
    }
    booked = [row for row in evidence.rows.reservations if row.state is ReservationState.BOOKED]
    for row in booked:
        event = events.pop(row.event_id or "", None)
        if event is None:
            yield "a booked row has no event in the calendar"
        elif instant(event, "start") != row.start:
            yield "a booked row and its event begin at different times"
        elif reservation_of(event) != row.id:
            yield "a booked row's event names another reservation"
    for row in evidence.rows.reservations:
        if row.state in (ReservationState.BOOKING, ReservationState.LEAVING):
            events.pop(row.event_id or "", None)
    for _ in events:
        yield "an event of ours has no booked row"


def said_implies_done(evidence: Evidence) -> Iterator[str]:
    """I3: a booking the model was told of exists, and what the caller heard claimed had been done."""
    asked = {e.data["call_id"]: e.data["arguments"] for e in evidence.model.of("tool_asked")}
    told = {  # a model that asks again is told again
        asked[entry.data["call_id"]].get("hold_id") for entry in evidence.model.of("tool_answered")
        if entry.data["name"] == "create_event" and answered_ok(entry.data["output"])
    }  # fmt: skip
    booked = [
        row for row in evidence.rows.reservations
        if row.state in _WAS_BOOKED and row.call_sid in {call.call_sid for call in evidence.rows.calls}
    ]  # fmt: skip
    if len(told) > len(booked):
        yield f"the model was told of {len(told)} bookings, {len(booked)} exist"
    done = _done(evidence)
    for said in evidence.model.of("said"):
        for words, deeds in SAID_OF.items():
            text, item_id = said.data["text"], said.data["item_id"]
            if words not in text or any(deed in deeds and at <= said.at for deed, at in done):
                continue
            ends = text.index(words) + len(words)
            spoken_ms = len(evidence.spoken.get(item_id, b"")) * 1000 // BYTES_PER_S
            if evidence.heard_ms(item_id) > max(spoken_ms * ends // len(text), ends * FASTEST_MS):
                yield f"the caller heard {words!r} before it was done"


def _done(evidence: Evidence) -> list[tuple[str, float]]:
    """What was done and when: tools that answered so, and what the calendar was told."""
    tools = [e for e in evidence.model.of("tool_answered") if answered_ok(e.data["output"])]
    writes = evidence.calendar.of(*PROPOSED_BY)
    calls = {call.call_sid for call in evidence.rows.calls}
    earlier = [row for row in evidence.rows.reservations if row.call_sid not in calls]
    vouched = evidence.recording.attestation == VOUCHED_FOR
    known = [(KNOWN_BEFORE, 0.0)] if vouched and earlier else []
    done = known + [(e.data["name"], e.at) for e in tools] + [(e.kind, e.at) for e in writes]
    for note in evidence.model.of("note"):  # a new session is told of what an old one asked for
        done += [(name, note.at) for name, output in told_by(note.data["text"]) if answered_ok(output)]
    return done


def booked_after_a_yes(evidence: Evidence) -> Iterator[str]:
    """The confirm gate, seen from outside: proposal, read-back, answer, and only then a write."""
    for write in evidence.calendar.of(*PROPOSED_BY):
        proposals = [
            entry for entry in evidence.model.of("tool_answered")
            if entry.data["name"] in PROPOSED_BY[write.kind]
            and answered_ok(entry.data["output"])
            and entry.at < write.at
        ]  # fmt: skip
        what = f"an event was {'written' if write.kind == 'inserted' else write.kind}"
        if not proposals:
            yield f"{what} without a proposal"
            continue
        proposal = proposals[-1]
        if not any(_reads_back(evidence, said, proposal) for said in evidence.model.of("said")):
            yield f"{what}, and no read-back of it was heard"
        spoken = _audible_since(evidence, proposal.at)
        answers = [
            e.at for e in evidence.telephone.of("line_began", "pressed")
            if spoken is not None and spoken < e.at < write.at
        ]  # fmt: skip
        if not answers:
            yield f"{what} before the caller had answered the read-back"


def _reads_back(evidence: Evidence, said: Entry, proposal: Entry) -> bool:
    """True when what was said names each day and time of the proposal, and half of it was heard."""
    item_id = said.data["item_id"]
    days_and_times = _DAY_AND_TIME.findall(sentence_of(proposal.data["output"]))
    named = [part in said.data["text"] for day_and_time in days_and_times for part in day_and_time]
    if said.at < proposal.at or not named or not all(named):
        return False
    return evidence.heard_ms(item_id) * BYTES_PER_S // 1000 * 2 > len(evidence.spoken.get(item_id, b""))


def _audible_since(evidence: Evidence, at: float) -> float | None:
    """When the agent was first audible from `at` on, perhaps with words begun before; None: never."""
    began = at
    for entry in evidence.telephone.of("agent_began", "agent_ended"):
        if entry.kind == "agent_began":
            began = entry.at
        elif entry.at > at:
            return max(began, at)
    return began if began > at else None


def told_only_to_their_owner(evidence: Evidence) -> Iterator[str]:
    """What was booked before the call is told and changed only for a number that is proved.

    That is: the network vouches for it, or a code that went to it was checked before.
    """
    codes = (
        e.at for e in evidence.model.of("tool_answered")
        if e.data["name"] == "check_code" and answered_ok(e.data["output"])
    )  # fmt: skip
    proved_at = 0.0 if evidence.recording.attestation == VOUCHED_FOR else next(codes, math.inf)
    for entry in evidence.model.of("tool_answered"):
        if (
            entry.data["name"] == "find_bookings"
            and answered_ok(entry.data["output"])
            and entry.at < proved_at
        ):
            yield "bookings were shown before it was proved who is calling"
    for said in evidence.model.of("said"):
        if GREETED_WITH in said.data["text"] and said.at < proved_at:
            yield "a caller nobody vouches for was greeted with an appointment"
    calls = {call.call_sid for call in evidence.rows.calls}
    theirs = {row.event_id for row in evidence.rows.reservations if row.call_sid not in calls}
    for write in evidence.calendar.of("patched", "deleted"):
        if write.data["id"] in theirs and write.at < proved_at:
            yield f"an event was {write.kind} before it was proved who is calling"


def holds_are_bounded(evidence: Evidence) -> Iterator[str]:
    """I5: whatever is only held lets go by itself."""
    for row in evidence.rows.reservations:
        if row.state is ReservationState.HELD and (
            row.expires_at is None or row.expires_at > evidence.rows.at + evidence.keep_for
        ):
            yield "a hold outlives the time the owner allows"
