"""What may be lost of the caller's voice with a leg of the model's, and what may not."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.harness.checks_of_voice import audio_arrives_whole
from bridge.harness.evidence import BYTES_PER_S, Evidence, Rows
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.recording_file import load_recording

RECORDING = load_recording(Path(__file__).parents[3] / "recordings" / "emergency")
SENT = random.Random(7).randbytes(60 * BYTES_PER_S)  # a minute, from the telephone's second 0 on
ROWS = Rows(
    at=datetime(2026, 11, 23, tzinfo=UTC),
    calls=[],
    turns=[],
    tool_calls=[],
    reservations=[],
    texts=[],
    callbacks=[],
    leads=[],
)


def ledger(party: str, *entries: tuple[float, str, dict[str, Any]]) -> Ledger:
    kept = Ledger(party, float)
    kept.entries = [Entry(*entry) for entry in sorted(entries, key=lambda entry: entry[0])]
    return kept


def heard(
    *pieces: tuple[float, float],
    listens: tuple[float, ...],
    closed: tuple[float, ...],
    spoke: tuple[tuple[float, float], ...] = (),
    streams: tuple[tuple[float, float], ...] = ((0.0, 0.0),),
    stalled: tuple[float, ...] = (),
    ended: float = 60.2,
) -> list[str]:
    """What is wrong. `pieces`: from when to when each session heard, in seconds of what the caller sent;
    `listens`, `closed`: of each; `spoke`: the agent; `streams`: when opened, and after how much was sent.
    """
    received = [SENT[int(a * BYTES_PER_S) : int(b * BYTES_PER_S)] for a, b in pieces]
    told = [sum(map(len, received[:number])) for number in range(len(received))]
    sessions = enumerate(zip(listens, told, strict=True))
    evidence = Evidence(
        recording=RECORDING,
        telephone=ledger(
            "telephone",
            *((at, "stream_opened", {"sent_bytes": int(after * BYTES_PER_S)}) for at, after in streams),
            (ended, "stream_ended", {}),
            *((began, "agent_began", {}) for began, _ in spoke),
            *((ended, "agent_ended", {}) for _, ended in spoke),
        ),
        model=ledger(
            "model",
            *(
                (at + 0.01, "listens", {"received_bytes": count, "session": name})
                for name, (at, count) in sessions
            ),
            *((at, "closed", {"session": name}) for name, at in enumerate(closed)),
            *((at, "stalled", {"session": name}) for name, at in enumerate(stalled)),
        ),
        calendar=ledger("calendar"),
        rest=ledger("rest"),
        mail=ledger("mail"),
        sent_audio=SENT,
        heard_audio=b"",
        received_audio=b"".join(received),
        early_bytes=0,
        spoken={},
        calendar_events={},
        messages=[],
        mails=[],
        model_connections=len(listens),
        model_open_after_s=0.0,
        rows=ROWS,
        log_lines=[],
        leftovers=[],
        gone_after_s=0.0,
        zone=ZoneInfo("America/New_York"),
        keep_for=timedelta(minutes=5),
    )
    return list(audio_arrives_whole(evidence))


def test_one_session_that_hears_all_of_it() -> None:
    """From session.updated to the end; what was said before is dropped."""
    assert heard((1, 60), listens=(1.0,), closed=(60.2,)) == []


def test_a_lost_end_is_seen() -> None:
    """No leg was lost, and the session stopped hearing in the middle."""
    assert heard((1, 30), listens=(1.0,), closed=(60.2,)) == ["the last 30.0 s never reached the model"]


@pytest.mark.parametrize(("begins", "is_right"), [(20.1, True), (20.4, True), (21.0, False), (22.0, False)])
def test_what_is_said_while_a_leg_is_replaced_is_kept(begins: float, is_right: bool) -> None:
    """The old one was lost in second 20, the new one listens from 22 on: it must hear the two seconds."""
    wrong = heard((1, 20), (begins, 60), listens=(1.0, 22.0), closed=(20.0, 60.2))
    assert (wrong == []) == is_right


@pytest.mark.parametrize(("begins", "is_right"), [(25.2, True), (27.0, False)])
def test_five_seconds_are_kept_and_no_more(begins: float, is_right: bool) -> None:
    """Ten seconds without a session: the caller's last five are what the new one hears."""
    wrong = heard((1, 20), (begins, 60), listens=(1.0, 30.0), closed=(20.0, 60.2))
    assert (wrong == []) == is_right


@pytest.mark.parametrize(
    ("until", "stalled", "is_right"),
    [(20, (), True), (18, (), False), (10, (10.0,), True), (5, (5.0,), False)],
)
def test_a_session_that_hears_nothing_is_noticed_in_time(
    until: int, stalled: tuple[float, ...], is_right: bool
) -> None:
    """One that fell silent is replaced as soon as the ladder sees it; one that broke, at once."""
    wrong = heard((1, until), (20, 60), listens=(1.0, 20.2), closed=(20.0, 60.2), stalled=stalled)
    assert (wrong == []) == is_right


def test_while_the_agent_speaks_nobody_can_notice() -> None:
    """The ladder counts from the last sound: twelve seconds of speech come on top."""

    def wrong(*spoke: tuple[float, float]) -> list[str]:
        return heard((1, 3), (20, 60), listens=(1.0, 20.2), closed=(20.0, 60.2), stalled=(3.0,), spoke=spoke)

    assert wrong() != []
    assert wrong((4.0, 16.0)) == []


@pytest.mark.parametrize(("closed", "is_right"), [(60.2, False), (45.0, True), (35.0, False)])
def test_a_leg_that_is_lost_for_good_takes_no_longer_than_the_next_step(
    closed: float, is_right: bool
) -> None:
    """Eight seconds without a session, with words of ours in between; a lost end has no such excuse."""
    until = min(closed, 45.0)
    wrong = heard((1, until), listens=(1.0,), closed=(closed,), spoke=((47.0, 55.0),), ended=60.0)
    assert (wrong == []) == is_right


def test_between_two_streams_nothing_is_kept() -> None:
    """A resumed call: what is said before the new session's session.updated is dropped, as at the first."""

    def wrong(begins: float) -> list[str]:
        return heard(
            (1, 20),
            (begins, 60),
            listens=(1.0, 23.0),
            closed=(20.1, 62.2),
            streams=((0.0, 0.0), (22.0, 20.0)),
        )

    assert wrong(21.0) == []
    assert wrong(24.0) != []
