"""What must be true of every cell: heard in time, a next step, nothing lost, nothing doubled.

Read next: programme.py.
"""

from collections.abc import Iterator

from bridge.harness.checker import check, facts_of
from bridge.harness.evidence import Evidence, answered_ok, is_ours
from tests.faults.cells import BOOKED, CALL_BACK, MESSAGE, PERSON, TOLD, WAITS, Cell, Result
from tests.faults.sounds import heard, silences, waits
from tools.store import TextState

LONGEST_SILENCE_S = 2.5  # a filler comes after two seconds
NEXT_STEP_S = 8.5  # the next step after eight
OWN = "the recording's own expectations"  # of a call that nothing came in the way of
GAVE_UP = "the caller gave up"
NOWHERE = "nowhere"
MOST_HEARD = 3


def judged(cell: Cell, evidence: Evidence, when: float) -> Result:
    """What came of a cell. `when`: loop time of the fault."""
    facts = facts_of(evidence)
    silence = max((wait.seconds for wait in silences(evidence)), default=0.0)
    wait = max((wait.seconds for wait in waits(evidence)), default=0.0)
    sounds = [(sound.at - when, sound.words) for sound in heard(evidence) if sound.at > when]
    went = where(evidence)
    bodies = [message["body"] for message in evidence.messages]
    lost = list(_lost(cell, went, evidence))
    lates = tuple(late(silence, wait))
    doubled = max(0, live_events(evidence) - 1) + len(bodies) - len(set(bodies))
    others = (
        *_astray(went, cell.ends),
        *(["something was done twice"] if doubled else []),
        *_broken_rules(cell, evidence),
        *lost,
    )
    return Result(
        family=cell.family,
        fault=cell.fault,
        moment=cell.moment.name,
        heard=tuple(sounds[:MOST_HEARD]),
        silence_s=silence,
        wait_s=wait,
        went=went,
        resumes=max((row.resumes for row in evidence.rows.calls), default=0),
        events=live_events(evidence),
        lost=len(lost),
        doubled=doubled,
        rows=tuple(row.state.value for row in evidence.rows.reservations),
        tasks=facts.callbacks,
        texts=facts.texts,
        mails=facts.emails,
        waiting=sum(t.state in WAITS for t in evidence.rows.texts if t.kind == "confirmation"),
        wrong=lates + others,
        only_late=bool(lates) and not others,
    )


def late(silence_s: float, wait_s: float) -> Iterator[str]:
    """Where the silence ladder was not kept to."""
    if silence_s > LONGEST_SILENCE_S:
        yield f"{silence_s:.1f} s of silence while something was pending"
    if wait_s > NEXT_STEP_S:
        yield f"{wait_s:.1f} s without an answer or a next step"


def where(evidence: Evidence) -> str:
    """Where the call went."""
    facts = facts_of(evidence)
    by = next((entry.data["by"] for entry in evidence.telephone.of("hung_up")), "")
    if by == "caller":
        return GAVE_UP
    if facts.dialled:
        return PERSON
    if by == "lost stream":
        return CALL_BACK if facts.callbacks else NOWHERE
    if by != "twiml":
        return NOWHERE
    if facts.outcome == "booked":
        return BOOKED
    if facts.callbacks:
        return MESSAGE
    said = [entry.data["text"] for entry in evidence.model.of("said")]
    return TOLD if any("I'm sorry" in text for text in said) else NOWHERE


def live_events(evidence: Evidence) -> int:
    """Events of ours that stand."""
    calendars = evidence.calendar_events.values()
    return sum(
        event["status"] != "cancelled" and is_ours(event) for events in calendars for event in events.values()
    )


def _astray(went: str, ends: tuple[str, ...]) -> Iterator[str]:
    if went not in ends:
        yield f"it went to: {went}; expected: {' or '.join(ends)}"


def _broken_rules(cell: Cell, evidence: Evidence) -> Iterator[str]:
    for verdict in check(evidence):
        if verdict.wrong and verdict.rule not in (OWN, *cell.may_differ):
            yield f"{verdict.rule}: {'; '.join(verdict.wrong)}"


def _lost(cell: Cell, went: str, evidence: Evidence) -> Iterator[str]:
    """What a booked caller may count on: the event, the text, the mail; or that they are kept to be sent."""
    answers = [e.data for e in evidence.model.of("tool_answered") if e.data["name"] == "create_event"]
    told = went == BOOKED or any(answered_ok(answer["output"]) for answer in answers)
    if told and live_events(evidence) != 1:
        yield "booked, and not in the calendar"
    if went != BOOKED:
        return
    for channel, arrived, wanted in (
        ("text", len(evidence.messages), True),
        ("mail", len(evidence.mails), cell.mails),
    ):
        kept = [
            text for text in evidence.rows.texts
            if text.channel.value == ("sms" if channel == "text" else "email")
            and text.kind == "confirmation"
            and text.state is not TextState.SENT
        ]  # fmt: skip
        if wanted and not arrived and not kept:
            yield f"the {channel} is neither sent nor kept"
