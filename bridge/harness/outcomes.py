"""What came of a call, as lines for people: calendars, texts, mails, tasks for a person, delays.

Pure. Reads the evidence and judges nothing. Used by screen.py.
"""

from collections.abc import Iterator
from datetime import datetime
from statistics import median

from bridge.harness.checker import facts_of, to_owner
from bridge.harness.evidence import Evidence, instant, is_ours
from tools.store import ReservationState

ENDED = (ReservationState.MOVED, ReservationState.CANCELLED)

Line = tuple[str, str]  # label and text


def outcomes(evidence: Evidence) -> list[Line]:
    """In the order in which they are shown."""
    lines = [*_calendars(evidence), *_sent(evidence)] or [
        ("calendar", "nothing was written, no text was sent")
    ]
    return [*lines, *_people(evidence), *_record(evidence)]


def _calendars(evidence: Evidence) -> Iterator[Line]:
    """What of ours stands there now, and what was moved away or cancelled."""
    for calendar, events in evidence.calendar_events.items():
        for event in events.values():
            if event["status"] != "cancelled" and is_ours(event):
                end = instant(event, "end").astimezone(evidence.zone)
                when = f"{_start(evidence, instant(event, 'start'))}–{end:%H:%M}"
                yield "calendar", f"{when}  {event.get('summary', '')}  [{calendar}]"
    for row in evidence.rows.reservations:
        if row.state in ENDED:
            what = f"{row.service.capitalize()}: {row.customer_name}"
            yield "calendar", f"{_start(evidence, row.start)}  {what}  ({row.state})"


def _sent(evidence: Evidence) -> Iterator[Line]:
    """What the caller was sent."""
    told = to_owner(evidence)
    for message in evidence.messages:
        if message["body"] not in told:
            yield "text", f"to {message['to']}: {message['body']}"
    for mail in evidence.mails:
        if mail.message_id in told:
            continue
        method = "" if mail.invite is None else f", with an invitation ({mail.invite.method})"
        yield "mail", f"to {mail.to}: {mail.subject}{method}"


def _people(evidence: Evidence) -> Iterator[Line]:
    """What is left for a person to do, and what they are told."""
    for task in evidence.rows.callbacks:
        who = ", ".join(word for word in (task.name, task.number) if word)
        what = [task.reason, task.urgency, *([f"best time: {task.best_time}"] if task.best_time else [])]
        yield "callback", f"{', '.join(what)}: {who}: {' / '.join(task.message.splitlines())}"
    told = to_owner(evidence)
    for message in evidence.messages:
        if message["body"] in told:
            yield "owner", f"text to {message['to']}: {message['body']}"
    for mail in evidence.mails:
        if mail.message_id in told:
            yield "owner", f"mail to {mail.to}: {mail.subject}"
    facts = facts_of(evidence)
    if facts.lead:
        yield "lead", ", ".join(f"{key}: {value}" for key, value in facts.lead.items())
    if facts.holds_left:
        yield "hold", f"{facts.holds_left} left; it lets go by itself"


def _record(evidence: Evidence) -> Iterator[Line]:
    """What the server wrote of the call, and how quick and true it was."""
    for row in evidence.rows.calls:
        yield "outcome", f"{row.outcome}. {row.summary}"
    delays = answer_delays(evidence)
    if delays:
        figures = f"{median(delays):.2f} s median, {max(delays):.2f} s longest, {len(delays)} turns"
        yield "delay", f"caller's last word to agent's first: {figures}"
    yield from _timing(evidence)
    for cut in evidence.model.of("truncated"):
        heard = evidence.heard_ms(cut.data["item_id"])
        told = cut.data["audio_end_ms"]
        yield "cut", f"the model was told {told} ms were heard; the caller heard {heard} ms"


def _timing(evidence: Evidence) -> Iterator[Line]:
    """How the server itself saw it."""
    for row in evidence.rows.calls:
        line, delays = row.time_line, row.turn_delays
        if delays is not None:
            shares = (
                (delays.server, "the server's"),
                (delays.model, "the model's"),
                (delays.playout, "playout"),
            )
            told = [f"{each.p50_ms:.1f} and {each.max_ms:.1f} ms {whose}" for each, whose in shares if each]
            yield "delay", f"median and longest of {delays.turns} turns: {', '.join(told)}"
        if line.first_audio_ms is not None:
            steps = (("answer", line.answered_ms), ("stream", line.stream_ms), ("model", line.configured_ms))
            known = [f"{name} {at} ms" for name, at in steps if at is not None]
            yield "began", f"from the webhook: {', '.join(known)}, first sound {line.first_audio_ms} ms"


def answer_delays(evidence: Evidence) -> list[float]:
    """Seconds from the end of each line of the caller's to the agent's next audible word."""
    delays = []
    for ended in evidence.telephone.of("line_ended"):
        following = [e for e in evidence.telephone.of("agent_began", "line_began") if e.at > ended.at]
        if following and following[0].kind == "agent_began":
            delays.append(following[0].at - ended.at)
    return delays


def _start(evidence: Evidence, at: datetime) -> str:
    return f"{at.astimezone(evidence.zone):%A %d %B %Y, %H:%M}"
