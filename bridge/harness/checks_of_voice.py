"""The rule about the caller's voice: the model gets it byte for byte, and little is lost with a leg.

Pure. A rule of checker.py, which see; what it reads is in evidence.py. A call may have several sessions
of the model's: what was said in between is kept by our server for the next one, as far back as it keeps
anything. What went to a session that no longer listened is lost, for as long as the silence ladder needs
to notice.
"""

from collections.abc import Iterator

from bridge.harness.evidence import BYTES_PER_S, Evidence
from bridge.harness.ledger import Entry

LATE_S = 0.05  # a session that was lost so shortly before the end was closed with the call
LOST_TAIL_S = 0.5  # frames still on their way when a line or a leg was cut
KEPT_S = 5.0  # of the caller's voice are kept while a leg is replaced
# A session may fall silent unnoticed while it is the caller's turn: reprompted after nine seconds, and
# four later the session owes an answer.
UNNOTICED_S = 13.0
NEXT_STEP_S = 8.0  # without a session; then the call leaves the stream
LEAVING_S = 2.0  # which waits a second for the last mark, and one for the next step to be committed
LISTENED_S = 1.0  # whoever listened for so long has heard something


def audio_arrives_whole(evidence: Evidence) -> Iterator[str]:
    """I8: what the model got is what the caller sent, byte for byte, drops only before session.updated."""
    sent = evidence.sent_audio
    if evidence.early_bytes:
        yield f"{evidence.early_bytes} bytes were sent before session.updated"
    if not evidence.received_audio:
        if any(_listened_s(evidence, session) > LISTENED_S for session in evidence.model.of("listens")):
            yield "the model got none of the caller's audio"
        return
    done, before = 0, None
    for listens, piece in zip(evidence.model.of("listens"), evidence.received_pieces, strict=True):
        if not piece:
            continue  # it was gone again before it heard anything
        at = sent.find(piece, done)
        if at < 0:
            yield "the model did not get the caller's audio byte for byte"
            return
        if before is not None:
            yield from _lost_between(evidence, before, done, listens, at)
        done, before = at + len(piece), listens
    assert before is not None
    yield from _lost_at_the_end(evidence, before, done)


def _listened_s(evidence: Evidence, session: Entry) -> float:
    """How long a session was there while the caller was sending."""
    closed = _closed(evidence, session)
    until = len(evidence.sent_audio) if closed is None else evidence.sent_at(closed.at)
    return (until - evidence.sent_at(session.at)) / BYTES_PER_S


def _lost_between(evidence: Evidence, old: Entry, end: int, new: Entry, begin: int) -> Iterator[str]:
    """What neither session got: `end` and `begin` are where, in what the caller sent."""
    closed = _closed(evidence, old)
    if closed is None or closed.at > new.at:
        closed = new
    opened = [e for e in evidence.telephone.of("stream_opened") if closed.at <= e.at <= new.at]
    over = evidence.sent_at(closed.at)
    if opened:  # another stream: what comes before its session's session.updated is dropped
        over, kept_from = min(over, opened[0].data["sent_bytes"]), evidence.sent_at(new.at)
    else:
        kept_from = max(over, evidence.sent_at(new.at) - int(KEPT_S * BYTES_PER_S))
    yield from _unnoticed(evidence, end, min(over, begin), old)
    if begin > kept_from + LOST_TAIL_S * BYTES_PER_S:
        lost_s = (begin - kept_from) / BYTES_PER_S
        yield f"{lost_s:.1f} s said while a leg was replaced never reached the model"


def _lost_at_the_end(evidence: Evidence, last: Entry, end: int) -> Iterator[str]:
    rest_s = (len(evidence.sent_audio) - end) / BYTES_PER_S
    closed = _closed(evidence, last)
    ended = max((entry.at for entry in evidence.telephone.of("stream_ended")), default=0.0)
    if closed is not None and (closed.at < ended - LATE_S or _has_stalled(evidence, last)):
        over = evidence.sent_at(closed.at)
        yield from _unnoticed(evidence, end, over, last)
        rest_s = _silent_s(evidence, over, len(evidence.sent_audio)) - NEXT_STEP_S - LEAVING_S
    if rest_s > LOST_TAIL_S:
        yield f"the last {rest_s:.1f} s never reached the model"


def _unnoticed(evidence: Evidence, end: int, over: int, session: Entry) -> Iterator[str]:
    """What was sent to a session that took nothing in any more."""
    most_s = UNNOTICED_S if _has_stalled(evidence, session) else 0.0
    lost_s = _silent_s(evidence, end, over) if most_s else (over - end) / BYTES_PER_S
    if lost_s > most_s + LOST_TAIL_S:
        yield f"{lost_s:.1f} s were sent to a session that heard nothing"


def _has_stalled(evidence: Evidence, session: Entry) -> bool:
    return any(entry.data["session"] == session.data["session"] for entry in evidence.model.of("stalled"))


def _closed(evidence: Evidence, session: Entry) -> Entry | None:
    name = session.data["session"]
    return next((entry for entry in evidence.model.of("closed") if entry.data["session"] == name), None)


def _silent_s(evidence: Evidence, begin: int, end: int) -> float:
    """Seconds of this stretch of what the caller sent in which the agent could not be heard."""
    silent, since = max(0, end - begin), None
    for entry in evidence.telephone.of("agent_began", "agent_ended"):
        if entry.kind == "agent_began":
            since = evidence.sent_at(entry.at)
        elif since is not None:
            silent -= max(0, min(end, evidence.sent_at(entry.at)) - max(begin, since))
            since = None
    return silent / BYTES_PER_S
