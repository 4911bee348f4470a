"""Rules about the line: what was heard is known, who is interrupted falls silent, nothing stays open.

Pure. Rules of checker.py, which see; what they read is in evidence.py.
"""

from collections.abc import Iterator

from bridge.harness.evidence import BYTES_PER_S, Evidence
from bridge.harness.ledger import Entry
from bridge.harness.telephone.stretches import HANG_MS

CUT_TOLERANCE_MS = 60  # two frames and the way of a mark; the benchmark measures the real figure
LATE_SESSION_S = 2.0  # a model session may outlive its call by this
MORE_SESSIONS = ('"model_reopened"', '"waiting_leg_closed"')  # log lines that explain one
CLEAR_S = 0.2  # from the model's hearing a caller to the silence of the agent
TALK_OVER_S = 1.2  # after this of a caller's interrupting words the agent must be silent


def no_breach(evidence: Evidence) -> Iterator[str]:
    for ledger in (evidence.telephone, evidence.model, evidence.calendar, evidence.rest, evidence.mail):
        for entry in ledger.breaches():
            yield f"{ledger.party}: {entry.data.get('what')} {entry.data.get('detail') or ''}".strip()


def nothing_is_asked_before_the_stream(evidence: Evidence) -> Iterator[str]:
    """A session that waits for its call is configured, and asked for nothing before the stream is there."""
    opened = next((entry.at for entry in evidence.telephone.of("stream_opened")), float("inf"))
    for entry in evidence.model.of("turn_started", "note"):
        if entry.at < opened:
            yield f"the model was given something before any stream was there: {entry.kind}"
    if evidence.early_bytes:
        yield f"the model was sent {evidence.early_bytes} bytes of sound before it was configured"


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
    told_of = {entry.data["item_id"] for entry in evidence.model.of("truncated", "deleted")}
    for said in evidence.model.of("said"):
        if said.data["item_id"] not in told_of and _was_cleared(evidence, said):
            yield "an item was cut short, and the model was not told"


def _was_cleared(evidence: Evidence, said: Entry) -> bool:
    """True when the telephone threw away the rest of an item while its session was there to be told."""
    item_id = said.data["item_id"]
    part = evidence.heard_part(item_id)
    left_ms = (len(evidence.spoken.get(item_id, b"")) - part.length) * 1000 // BYTES_PER_S
    if not part.length or left_ms <= CUT_TOLERANCE_MS:
        return False
    near = CUT_TOLERANCE_MS * BYTES_PER_S // 1000
    for clear in evidence.telephone.of("cleared"):
        here = abs(clear.data["heard_bytes"] - (part.at + part.length)) <= near
        if here and clear.data["dropped_bytes"] > near:
            gone = any(said.at < e.at < clear.at + CLEAR_S for e in evidence.model.of("closed"))
            return not gone and not _said_twice(evidence, item_id, left_ms)
    return False


def _said_twice(evidence: Evidence, item_id: str, heard_ms: int) -> bool:
    """True when another item holds the same sound, at any place: then it cannot be told whose was heard."""
    length = heard_ms * BYTES_PER_S // 1000
    sound = evidence.spoken.get(item_id, b"")[:length]
    return any(other != item_id and sound in audio for other, audio in evidence.spoken.items())


def interrupted_agent_falls_silent(evidence: Evidence) -> Iterator[str]:
    """Whoever speaks over the agent is not spoken over for long, and whatever our server is doing."""
    lines = list(evidence.telephone.of("line_began"))
    for line in lines:
        step = evidence.recording.lines[line.data["step"]]
        if step.into_sentence_ms is None:
            continue
        silent = next((e.at for e in evidence.telephone.of("agent_ended") if e.at > line.at), None)
        if silent is None or silent - line.at > TALK_OVER_S:
            after = "never" if silent is None else f"after {silent - line.at:.1f} s"
            yield f"the agent fell silent {after} when the caller interrupted"
            continue
        noticed = next((e.at for e in evidence.model.of("speech_started") if e.at > line.at), silent)
        late_s = silent - HANG_MS / 1000 - noticed
        if late_s > CLEAR_S:
            yield f"the agent spoke on for {late_s:.1f} s after the model had heard the caller"


def session_ends_with_the_call(evidence: Evidence) -> Iterator[str]:
    """I7: no model session outlives its call."""
    if evidence.model_open_after_s is None:
        yield "a model session stayed open"
    elif evidence.model_open_after_s > LATE_SESSION_S:
        yield f"the model session outlived the call by {evidence.model_open_after_s:.1f} s"
    streams = len(list(evidence.telephone.of("stream_opened")))
    # Opened again in mid-call, or opened before the stream and closed without ever having been the call's.
    more = sum(any(word in line for word in MORE_SESSIONS) for line in evidence.log_lines)
    if evidence.model_connections > streams + more:
        yield f"{evidence.model_connections} model sessions for {streams} streams"


def no_leg_is_orphaned(evidence: Evidence) -> Iterator[str]:
    """Every leg, the caller's and any that was rung, is over soon after the call."""
    for entry in evidence.telephone.of("orphan"):
        yield f"a leg was left behind, {entry.data['status']}"


def nothing_is_left(evidence: Evidence) -> Iterator[str]:
    yield from (f"left behind: {what}" for what in evidence.leftovers)
