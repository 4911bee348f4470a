"""Rules about what is sent and kept: texts at most once, to the caller; a record with an end; a discreet log.

Pure. Rules of checker.py, which see; what they read is in evidence.py.
"""

import re
from collections import Counter
from collections.abc import Iterator

from bridge.harness.evidence import Evidence
from tools.store import Channel, ReservationState, TextState

NEVER_BOOKED = (ReservationState.FAILED, ReservationState.EXPIRED, ReservationState.RELEASED)
GONE = (ReservationState.MOVED, ReservationState.CANCELLED, ReservationState.WITHDRAWN)
OUT = (TextState.SENT, TextState.UNKNOWN)  # of a text: it is out, or may be
TASK = "callback"  # kind of what the owner is sent
SHORT = 12  # characters: as few stand in many a log line by chance
# Words of a closed list that a detail may be, and that a log may use for something else.
COMMON_WORDS = frozenset({"new", "existing", "normal", "urgent", "emergency", "unknown", "yes", "no"})
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_STAMP = re.compile(r"\d\d:\d\d:\d\d\.\d{6}")


def texts_at_most_once(evidence: Evidence) -> Iterator[str]:
    """I4: one text of a kind for a booking, and only to the number that called; one to the owner for a task.

    What waits in the outbox (a reminder) is no text yet; a code is one, though about no booking.
    """
    bodies = [message["body"] for message in evidence.messages]
    if len(bodies) != len(set(bodies)):
        yield "the same text was sent twice"
    texts = [text for text in evidence.rows.texts if text.channel is Channel.SMS]
    told = {text.body for text in texts if text.callback_id is not None}
    for message in evidence.messages:
        if message["body"] in told and message["to"] != evidence.owner_sms:
            yield "a text for the owner went to a number that is not the owner's"
        elif message["body"] not in told and message["to"] != evidence.recording.caller:
            yield "a text went to a number that is not the caller's"
    yield from _once_of_a_kind(evidence)
    states = [text.state for text in texts]
    sent, unsure = states.count(TextState.SENT), states.count(TextState.UNKNOWN)
    if not sent <= len(bodies) <= sent + unsure:  # one whose answer was lost may have gone out or not
        yield f"the outbox says {sent} texts were sent, Twilio has {len(bodies)}"
    outbox = [text.body for text in texts]
    for body in bodies:
        if _CODE.search(body) and body in outbox:
            yield "a code stands in the database"
        elif not _CODE.search(body) and body not in outbox:
            yield "a text was sent that is not in the outbox"


def _once_of_a_kind(evidence: Evidence) -> Iterator[str]:
    kinds = Counter(
        (text.reservation_id or text.callback_id, text.kind, text.channel)
        for text in evidence.rows.texts
        if text.reservation_id or text.callback_id
    )
    for (_, kind, channel), count in kinds.items():
        if count > 1:
            yield f"{count} {kind} texts by {channel} for one {'task' if kind == TASK else 'booking'}"
    tasks = {task.id for task in evidence.rows.callbacks}
    for text in evidence.rows.texts:
        if text.callback_id is not None and text.callback_id not in tasks:
            yield "the owner was told of a task that does not exist"


def notices_follow_the_booking(evidence: Evidence) -> Iterator[str]:
    """Nothing confirms what was never booked, and nothing reminds of what was moved or cancelled."""
    states = {row.id: row.state for row in evidence.rows.reservations}
    for text in evidence.rows.texts:
        state = states.get(text.reservation_id or "")
        if text.kind == "confirmation" and state in NEVER_BOOKED and text.state in OUT:
            yield "a text confirms what is not booked"
        if text.kind.startswith("reminder") and state in GONE and text.state in (*OUT, TextState.PENDING):
            yield f"a reminder waits for what is {state}"


def call_has_an_end(evidence: Evidence) -> Iterator[str]:
    """I6: each call's row says how it ended."""
    if len(evidence.rows.calls) != 1:
        yield f"{len(evidence.rows.calls)} rows for one call"
    for row in evidence.rows.calls:
        if row.outcome is None or row.ended_at is None or not row.summary:
            yield "the call's row has no outcome, end or summary"


def log_tells_nothing_personal(evidence: Evidence) -> Iterator[str]:
    """I9: no number, name, address, code or word of the call in any log line."""
    recording = evidence.recording
    canaries = {recording.caller, recording.caller[2:]}
    canaries |= {line.text for line in recording.lines}
    for line in recording.lines:
        canaries |= {line.means.name, *line.means.details.values()} if line.means else set()
    for booking in recording.booked_before:
        canaries |= {booking.name, booking.number}
    canaries |= {row.text for row in evidence.rows.turns if len(row.text) > SHORT}
    canaries |= {message["body"] for message in evidence.messages}
    canaries |= {row.customer_email or "" for row in evidence.rows.reservations}
    for mail in evidence.mails:
        canaries |= {mail.to, mail.subject, mail.body}
    for canary in canaries - {""} - COMMON_WORDS:
        if any(canary in line for line in evidence.log_lines):
            yield f"a log line contains {canary!r}"
    codes = {code for message in evidence.messages for code in _CODE.findall(message["body"])}
    for logged in evidence.log_lines:
        if codes & set(_CODE.findall(_STAMP.sub("", logged))):
            yield "a log line contains a code"
