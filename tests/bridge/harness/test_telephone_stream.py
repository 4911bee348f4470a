"""The telephone's stream: frames, playing, marks, keys, and what the server may not send."""

import asyncio
import base64
import itertools
import json

import pytest

from bridge.harness.recording import CallerLine
from bridge.harness.telephone.telephone import Telephone
from bridge.harness.virtual_time import VirtualTimeLoop
from tests.bridge.harness.peer import ACCOUNT, CALLER, STREAM, Peer, Stream, run_clean

LOUD = b"\x20\xa0" * 80  # one frame that can be heard
HANG_UP = CallerLine(hang_up=True, if_silent_ms=1000)


def b64(audio: bytes) -> str:
    return base64.b64encode(audio).decode()


def breaches(telephone: Telephone) -> list[str]:
    return [entry.data["what"] for entry in telephone.ledger.breaches()]


def test_messages_begin_and_count_as_twilios() -> None:
    """connected, start, then a frame of 160 bytes every 20 ms, all numbers in decimal strings."""

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [HANG_UP], {})
            received = peer.streams[0].received
            assert [message["event"] for message in received[:3]] == ["connected", "start", "media"]
            assert received[1]["start"]["callSid"] == telephone.call_sid
            assert received[1]["start"]["accountSid"] == ACCOUNT
            assert received[1]["start"]["customParameters"] == {"token": "t"}
            numbers = [message["sequenceNumber"] for message in received[1:]]
            assert numbers == [str(n) for n in range(1, len(received))]
            media = [message["media"] for message in received if message["event"] == "media"]
            assert [frame["chunk"] for frame in media] == [str(n + 1) for n in range(len(media))]
            first = int(media[0]["timestamp"])
            assert 100 <= first <= 170
            assert [int(frame["timestamp"]) for frame in media] == [first + 20 * n for n in range(len(media))]
            audio = b"".join(base64.b64decode(frame["payload"]) for frame in media)
            assert audio == telephone.sent_audio
            assert len(telephone.heard_audio) == len(telephone.sent_audio)
            # The caller hangs up with the 50th frame: a second of silence.
            assert len(media) == 50

    run_clean(main())


def test_caller_says_clips_and_presses_keys() -> None:
    """A clip is sent whole and in order; a key is one message."""
    clip = bytes(range(256)) * 5

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}) as peer:
            telephone = peer.telephone()
            steps = [
                CallerLine(clip="hello", text="Hello", if_silent_ms=200),
                CallerLine(press="0", if_silent_ms=200),
                HANG_UP,
            ]
            await telephone.call(CALLER, steps, {"hello": clip})
            assert clip in telephone.sent_audio
            (key,) = [message for message in peer.streams[0].received if message["event"] == "dtmf"]
            assert key["dtmf"] == {"track": "inbound_track", "digit": "0"}
            ledger = [(entry.kind, entry.data) for entry in telephone.ledger.of("line_began", "line_ended")]
            assert ledger == [
                ("line_began", {"clip": "hello", "text": "Hello", "step": 0}),
                ("line_ended", {"clip": "hello", "step": 0}),
            ]
            began, ended = telephone.ledger.of("line_began", "line_ended")
            assert ended.at - began.at < 0.16 + 0.02
            assert next(telephone.ledger.of("pressed")).data == {"digit": "0"}

    run_clean(main())


def test_audio_is_played_in_real_time_and_marks_return_when_heard() -> None:
    """A second sent in one piece is heard for a second; the marks say when."""

    async def speak(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(b64(LOUD * 25))
        await stream.mark("half")
        await stream.play(b64(LOUD * 25))
        await stream.mark("end")
        await stream.until("mark", 2)
        await stream.drain()

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}, speak) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [CallerLine(hang_up=True, after_quiet_ms=600)], {})
            assert bytes(telephone.heard_audio).strip(b"\xff") == LOUD * 50
            marks = [entry.data for entry in telephone.ledger.of("mark")]
            assert [mark["name"] for mark in marks] == ["half", "end"]
            assert marks[1]["heard_bytes"] - marks[0]["heard_bytes"] == 4000
            began, ended = (entry.data for entry in telephone.ledger.of("agent_began", "agent_ended"))
            assert telephone.heard_audio[began["heard_bytes"] : ended["heard_bytes"]] == LOUD * 50
            assert [entry.data for entry in telephone.ledger.of("media")] == [{"audio_bytes": 4000}] * 2
            assert breaches(telephone) == []

    run_clean(main())


def test_mark_with_nothing_queued_returns_at_once() -> None:
    """There is nothing to play before it."""

    async def mark(stream: Stream) -> None:
        await stream.until("start")
        await stream.mark("now")
        await stream.until("mark")

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM, "/twilio/next": "<Hangup/>"}, mark) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {}, max_seconds=5)
            assert [entry.data["name"] for entry in telephone.ledger.of("mark")] == ["now"]

    run_clean(main())


def test_clear_silences_at_once_and_returns_the_marks() -> None:
    """What was dropped is never heard, and its marks come back as cleared, not as played."""

    async def interrupt(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(b64(LOUD * 50))
        await stream.mark("one")
        await stream.mark("two")
        await stream.until("media", 10)
        await stream.send("clear")
        assert (await stream.until("mark"))["mark"] == {"name": "one"}
        assert (await stream.until("mark"))["mark"] == {"name": "two"}
        await stream.drain()

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}, interrupt) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [HANG_UP], {})
            assert [entry.data for entry in telephone.ledger.of("mark_cleared")] == [
                {"name": "one"},
                {"name": "two"},
            ]
            assert list(telephone.ledger.of("mark")) == []
            (cleared,) = telephone.ledger.of("cleared")
            heard = telephone.heard_audio.count(LOUD)
            assert cleared.data["dropped_bytes"] == 8000 - 160 * heard
            assert heard < 15

    run_clean(main())


def test_barge_in_begins_inside_the_agents_sentence() -> None:
    """The caller cuts in 400 ms into what is heard, whatever was sent ahead."""

    async def speak(stream: Stream) -> None:
        await stream.until("start")
        await stream.play(b64(LOUD * 100))
        await stream.drain()

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}, speak) as peer:
            telephone = peer.telephone()
            steps = [CallerLine(clip="wait", into_sentence_ms=400), HANG_UP]
            await telephone.call(CALLER, steps, {"wait": LOUD * 5})
            began = next(telephone.ledger.of("agent_began"))
            cut_in = next(telephone.ledger.of("line_began"))
            assert round(cut_in.at - began.at, 1) == 0.4

    run_clean(main())


def test_a_code_is_read_in_the_latest_text_and_typed() -> None:
    """Six keys, a quarter of a second apart; what comes next waits for the last of them."""

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}) as peer:
            telephone = peer.telephone(latest_text=lambda: "Maple Street Dental: your code is 482913.")
            await telephone.call(CALLER, [CallerLine(press_code=True, if_silent_ms=200), HANG_UP], {})
            keys = [message for message in peer.streams[0].received if message["event"] == "dtmf"]
            assert "".join(key["dtmf"]["digit"] for key in keys) == "482913"
            pressed = [entry.at for entry in telephone.ledger.of("pressed")]
            gaps = [after - before for before, after in itertools.pairwise(pressed)]
            assert all(0.2 < gap < 0.3 for gap in gaps)
            assert telephone.ledger.breaches() == []

    run_clean(main())


def test_a_code_that_never_came_is_a_breach() -> None:
    """The run is red: what the recording wants typed, nobody was sent."""

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}) as peer:
            telephone = peer.telephone(latest_text=lambda: "See you on November 25.")
            await telephone.call(CALLER, [CallerLine(press_code=True, if_silent_ms=200), HANG_UP], {})
            assert breaches(telephone) == ["no code"]

    run_clean(main())


@pytest.mark.parametrize(
    ("frame", "breach"),
    [
        (b"\x00", "31950"),
        ("hello", "31951"),
        ('{"event":"stop","streamSid":"SID"}', "31951"),
        ('{"event":"clear","streamSid":"MZother"}', "31951"),
        ('{"event":"mark","streamSid":"SID","mark":{"name":"m","x":1}}', "31951"),
        ('{"event":"media","streamSid":"SID","media":{"payload":"?"}}', "31951"),
        ('{"event":"media","streamSid":"SID","media":{"payload":"////"},"track":"outbound"}', "31951"),
        (json.dumps({"event": "media", "streamSid": "SID", "media": {"payload": "/" * 16388}}), "oversize"),
        (json.dumps({"event": "media", "streamSid": "SID", "media": {"payload": "/" * 6400040}}), "31931"),
    ],
)
def test_wrong_message_is_a_breach_and_the_stream_goes_on(frame: str | bytes, breach: str) -> None:
    """Every fault is written down, and what comes after it still works."""

    async def misbehave(stream: Stream) -> None:
        await stream.until("start")
        if isinstance(frame, bytes):
            await stream.socket.send_bytes(frame)
        else:
            await stream.socket.send_str(frame.replace("SID", stream.sid))
        await stream.send("clear")
        await stream.mark("after")
        await stream.until("mark")

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM, "/twilio/next": "<Hangup/>"}, misbehave) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [], {}, max_seconds=5)
            assert breach in breaches(telephone)
            assert set(breaches(telephone)) <= {breach, "oversize"}
            assert [entry.data["name"] for entry in telephone.ledger.of("mark")] == ["after"]

    run_clean(main())


def test_frames_keep_their_times() -> None:
    """After a stall the missed frames follow at once: frame n is due n times 20 ms after the first."""

    async def stall(stream: Stream) -> None:
        await stream.until("media", 100)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop._jumping.now += 2.0  # as if the process had stood still
        await stream.drain()

    async def main() -> None:
        async with Peer({"/twilio/voice": STREAM}, stall) as peer:
            telephone = peer.telephone()
            await telephone.call(CALLER, [CallerLine(hang_up=True, if_silent_ms=20_000)], {})
            (opened,), (ended,) = telephone.ledger.of("stream_opened"), telephone.ledger.of("stream_ended")
            assert len(telephone.sent_audio) == 160 * 1000
            assert ended.at - opened.at < 21.0  # seconds of the loop's time; 22 if the stall were kept

    run_clean(main())
