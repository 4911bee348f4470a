"""Proves afterwards what must always be true, from the ledgers and the database alone.

Pure. Each rule is a function of the evidence that yields a sentence for everything wrong;
`RULES` is the list of them; I1 to I9 number what no call may ever break, however it goes. The
checker knows nothing of the server's objects. Read `evidence.py` first.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import combinations, pairwise

import msgspec

from bridge.harness.evidence import BYTES_PER_S, Evidence
from bridge.harness.expectations import Facts, failed_expectations
from tools.store import LIVE, ReservationState, TextState

CUT_TOLERANCE_MS = 60  # two frames and the way of a mark; the benchmark measures the real figure
LOST_TAIL_S = 0.5  # frames still on their way when the line was cut
LATE_SESSION_S = 2.0  # a model session may outlive its call by this
FASTEST_MS = 40  # a character of very fast speech lasts this long
# What the agent says of a tool's work, in the tools' own words, and which tool it was.
SAID_OF = {
    "You're booked": "create_event",
    "I've sent you a text": "send_confirmation",
    "I'm connecting you now": "transfer_to_human",
}
TALK_OVER_S = 1.2  # after this of a caller's interrupting words the agent must be silent

Rule = Callable[[Evidence], Iterator[str]]


class Verdict(msgspec.Struct, frozen=True):
    """One rule and what it found wrong."""

    rule: str
    wrong: list[str]


def check(evidence: Evidence) -> list[Verdict]:
    """Every rule, in order; a run is good when no verdict has anything wrong."""
    return [Verdict(name, list(rule(evidence))) for name, rule in RULES]


# --- the line ---------------------------------------------------------------------


def no_breach(evidence: Evidence) -> Iterator[str]:
    for ledger in (evidence.telephone, evidence.model, evidence.calendar, evidence.rest):
        for entry in ledger.breaches():
            yield f"{ledger.party}: {entry.data.get('what')} {entry.data.get('detail') or ''}".strip()


def audio_arrives_whole(evidence: Evidence) -> Iterator[str]:
    """I8: what the model got is what the caller sent, byte for byte, drops only before session.updated."""
    sent, received = evidence.sent_audio, evidence.received_audio
    if evidence.early_bytes:
        yield f"{evidence.early_bytes} bytes were sent before session.updated"
    if not received:
        if any(evidence.model.of("configured")) and len(sent) > BYTES_PER_S:
            yield "the model got none of the caller's audio"
        return
    at = sent.find(received)
    if at < 0:
        yield "the model did not get the caller's audio byte for byte"
    elif len(sent) - at - len(received) > LOST_TAIL_S * BYTES_PER_S:
        yield f"the last {(len(sent) - at - len(received)) / BYTES_PER_S:.1f} s never reached the model"


def cuts_are_true(evidence: Evidence) -> Iterator[str]:
    """The model is told to the frame what the caller heard of an interrupted item."""
    for entry in evidence.model.of("truncated"):
        item_id, told = entry.data["item_id"], entry.data["audio_end_ms"]
        heard = evidence.heard_ms(item_id)
        if abs(heard - told) > CUT_TOLERANCE_MS and not _said_twice(evidence, item_id, heard):
            yield f"the model was told {told} ms of an item were heard, it was {heard} ms"
    for entry in evidence.model.of("deleted"):
        heard = evidence.heard_ms(entry.data["item_id"])
        if heard > CUT_TOLERANCE_MS and not _said_twice(evidence, entry.data["item_id"], heard):
            yield f"an item was deleted as unheard, but {heard} ms of it were heard"


def _said_twice(evidence: Evidence, item_id: str, heard_ms: int) -> bool:
    """True when another item holds the same sound: then it cannot be told whose was heard."""
    length = heard_ms * BYTES_PER_S // 1000
    sound = evidence.spoken.get(item_id, b"")[:length]
    return any(other != item_id and audio[:length] == sound for other, audio in evidence.spoken.items())


def interrupted_agent_falls_silent(evidence: Evidence) -> Iterator[str]:
    """Whoever speaks over the agent is not spoken over for long."""
    lines = list(evidence.telephone.of("line_began"))
    for line in lines:
        step = evidence.recording.lines[line.data["step"]]
        if step.into_sentence_ms is None:
            continue
        silent = next((e.at for e in evidence.telephone.of("agent_ended") if e.at > line.at), None)
        if silent is None or silent - line.at > TALK_OVER_S:
            after = "never" if silent is None else f"after {silent - line.at:.1f} s"
            yield f"the agent fell silent {after} when the caller interrupted"


def session_ends_with_the_call(evidence: Evidence) -> Iterator[str]:
    """I7: no model session outlives its call."""
    if evidence.model_open_after_s is None:
        yield "a model session stayed open"
    elif evidence.model_open_after_s > LATE_SESSION_S:
        yield f"the model session outlived the call by {evidence.model_open_after_s:.1f} s"
    streams = len(list(evidence.telephone.of("stream_opened")))
    if evidence.model_connections > streams:
        yield f"{evidence.model_connections} model sessions for {streams} streams"


def nothing_is_left(evidence: Evidence) -> Iterator[str]:
    yield from (f"left behind: {what}" for what in evidence.leftovers)


# --- the calendar -----------------------------------------------------------------


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
            (_instant(event, "start"), _instant(event, "end"), event["id"])
            for event in events.values()
            if event["status"] != "cancelled"
        )
        ours = {event_id for _, _, event_id in live if _is_ours(events[event_id])}
        for earlier, later in pairwise(live):
            if later[0] < earlier[1] and (earlier[2] in ours or later[2] in ours):
                yield f"an event of ours overlaps another in {calendar}"


def rows_and_events_agree(evidence: Evidence) -> Iterator[str]:
    """I2: each booked row has exactly one live event, and each event of ours one row.

    A row in `booking` is one whose end could not be told: its event may stand or not.
    """
    events = {
        event["id"]: event
        for calendar in evidence.calendar_events.values()
        for event in calendar.values()
        if event["status"] != "cancelled" and _is_ours(event)
    }
    booked = [row for row in evidence.rows.reservations if row.state is ReservationState.BOOKED]
    for row in booked:
        event = events.pop(row.event_id or "", None)
        if event is None:
            yield "a booked row has no event in the calendar"
        elif _instant(event, "start") != row.start:
            yield "a booked row and its event begin at different times"
    for row in evidence.rows.reservations:
        if row.state is ReservationState.BOOKING:
            events.pop(row.event_id or "", None)
    for _ in events:
        yield "an event of ours has no booked row"


def said_implies_done(evidence: Evidence) -> Iterator[str]:
    """I3: a booking the model was told of exists, and what the caller heard claimed had been done."""
    holds = {e.data["call_id"]: e.data["arguments"].get("hold_id") for e in evidence.model.of("tool_asked")}
    told = {  # a model that asks again is told again
        holds.get(entry.data["call_id"]) for entry in evidence.model.of("tool_answered")
        if entry.data["name"] == "create_event" and _ok(entry.data["output"])
    }  # fmt: skip
    booked = [row for row in evidence.rows.reservations if row.state is ReservationState.BOOKED]
    if len(told) > len(booked):
        yield f"the model was told of {len(told)} bookings, {len(booked)} exist"
    done = [(e.data["name"], e.at) for e in evidence.model.of("tool_answered") if _ok(e.data["output"])]
    for said in evidence.model.of("said"):
        for words, tool in SAID_OF.items():
            text, item_id = said.data["text"], said.data["item_id"]
            if words not in text or any(name == tool and at <= said.at for name, at in done):
                continue
            ends = text.index(words) + len(words)
            spoken_ms = len(evidence.spoken.get(item_id, b"")) * 1000 // BYTES_PER_S
            if evidence.heard_ms(item_id) > max(spoken_ms * ends // len(text), ends * FASTEST_MS):
                yield f"the caller heard {words!r} before it was done"


def booked_after_a_yes(evidence: Evidence) -> Iterator[str]:
    """The confirm gate, seen from outside: proposal, read-back, caller's answer, and only then an event."""
    for inserted in evidence.calendar.of("inserted"):
        proposals = [
            entry.at for entry in evidence.model.of("tool_answered")
            if entry.data["name"] == "hold_slot" and _ok(entry.data["output"]) and entry.at < inserted.at
        ]  # fmt: skip
        if not proposals:
            yield "an event was written without a hold"
            continue
        spoken = _audible_since(evidence, proposals[-1])
        answers = [
            e.at for e in evidence.telephone.of("line_began", "pressed")
            if spoken is not None and spoken < e.at < inserted.at
        ]  # fmt: skip
        if not answers:
            yield "an event was written before the caller had answered the read-back"


def _audible_since(evidence: Evidence, at: float) -> float | None:
    """When the agent was first audible from `at` on, perhaps with words begun before; None: never."""
    began = at
    for entry in evidence.telephone.of("agent_began", "agent_ended"):
        if entry.kind == "agent_began":
            began = entry.at
        elif entry.at > at:
            return max(began, at)
    return began if began > at else None


def holds_are_bounded(evidence: Evidence) -> Iterator[str]:
    """I5: whatever is only held lets go by itself."""
    for row in evidence.rows.reservations:
        if row.state is ReservationState.HELD and (
            row.expires_at is None or row.expires_at > evidence.rows.at + evidence.keep_for
        ):
            yield "a hold outlives the time the owner allows"


# --- texts, record, log -----------------------------------------------------------


def texts_at_most_once(evidence: Evidence) -> Iterator[str]:
    """I4: one text for a booking, and only to the number that called."""
    bodies = [message["body"] for message in evidence.messages]
    if len(bodies) != len(set(bodies)):
        yield "the same text was sent twice"
    for message in evidence.messages:
        if message["to"] != evidence.recording.caller:
            yield "a text went to a number that is not the caller's"
    states = [text.state for text in evidence.rows.texts]
    sent, unsure = states.count(TextState.SENT), states.count(TextState.UNKNOWN)
    if not sent <= len(bodies) <= sent + unsure:  # one whose answer was lost may have gone out or not
        yield f"the outbox says {sent} texts were sent, Twilio has {len(bodies)}"


def call_has_an_end(evidence: Evidence) -> Iterator[str]:
    """I6: each call's row says how it ended."""
    if len(evidence.rows.calls) != 1:
        yield f"{len(evidence.rows.calls)} rows for one call"
    for row in evidence.rows.calls:
        if row.outcome is None or row.ended_at is None or not row.summary:
            yield "the call's row has no outcome, end or summary"


def log_tells_nothing_personal(evidence: Evidence) -> Iterator[str]:
    """I9: no number, name or word of the call in any log line."""
    canaries = {evidence.recording.caller, evidence.recording.caller[2:]}
    canaries |= {line.text for line in evidence.recording.lines}
    canaries |= {line.means.name for line in evidence.recording.lines if line.means}
    canaries |= {row.text for row in evidence.rows.turns if len(row.text) > 12}
    canaries |= {message["body"] for message in evidence.messages}
    for canary in canaries - {""}:
        if any(canary in line for line in evidence.log_lines):
            yield f"a log line contains {canary!r}"


def recording_is_met(evidence: Evidence) -> Iterator[str]:
    """What the recording says must be true at its end."""
    yield from failed_expectations(evidence.recording.expect, facts_of(evidence))


RULES: tuple[tuple[str, Rule], ...] = (
    ("nobody broke the protocol", no_breach),
    ("the caller's audio arrives whole (I8)", audio_arrives_whole),
    ("the model knows what was heard", cuts_are_true),
    ("an interrupted agent falls silent", interrupted_agent_falls_silent),
    ("the model session ends with the call (I7)", session_ends_with_the_call),
    ("nothing is left behind", nothing_is_left),
    ("no double booking (I1)", no_double_booking),
    ("rows and events agree (I2)", rows_and_events_agree),
    ("said implies done (I3)", said_implies_done),
    ("booked only after a yes", booked_after_a_yes),
    ("holds are bounded (I5)", holds_are_bounded),
    ("texts at most once, to the caller only (I4)", texts_at_most_once),
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
        if event["status"] != "cancelled" and _is_ours(event)
    ]
    dialled = [e.data["number"] for e in evidence.telephone.of("dialled") if e.data["status"] == "completed"]
    held = [
        hold for hold in evidence.rows.reservations
        if hold.state is ReservationState.HELD and hold.expires_at and hold.expires_at > evidence.rows.at
    ]  # fmt: skip
    return Facts(
        outcome=row.outcome.value if row and row.outcome else "none",
        end=_end(evidence, bool(dialled)),
        events=tuple(sorted(starts)),
        texts=len(evidence.messages),
        tools=tuple(entry.data["name"] for entry in evidence.model.of("tool_asked")),
        interruptions=sum(1 for e in evidence.telephone.of("cleared") if e.data["dropped_bytes"]),
        dialled=dialled[-1] if dialled else "",
        holds_left=len(held),
    )


def _end(evidence: Evidence, dialled: bool) -> str:
    hung_up = next((entry.data["by"] for entry in evidence.telephone.of("hung_up")), "nobody")
    if hung_up == "caller":
        return "caller_hung_up"
    if dialled:
        return "person"
    return "message" if evidence.rows.callbacks else "hang_up"


def _is_ours(event: dict[str, object]) -> bool:
    properties = event.get("extendedProperties")
    private = properties.get("private") if isinstance(properties, dict) else None
    return isinstance(private, dict) and "callbridge_reservation" in private


def _instant(event: dict[str, dict[str, str]], side: str) -> datetime:
    return datetime.fromisoformat(event[side]["dateTime"])


def _ok(output: object) -> bool:
    if isinstance(output, str):
        output = msgspec.json.decode(output)
    return isinstance(output, dict) and output.get("ok") is True
