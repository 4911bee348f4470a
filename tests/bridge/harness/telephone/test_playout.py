"""The playout queue plays, marks and clears as Twilio's does."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.harness.telephone.playout import FRAME_BYTES, LIMIT_BYTES, Playout

QUIET = b"\xff" * FRAME_BYTES


def test_nothing_queued_is_silence() -> None:
    """The caller's line is never without sound."""
    assert Playout().tick() == (QUIET, [])


def test_audio_is_played_in_frames_and_filled_with_silence() -> None:
    """A piece of any length is played at 160 bytes a tick."""
    playout = Playout()
    assert playout.add_audio(b"a" * 200) == 0
    assert playout.tick() == (b"a" * 160, [])
    assert playout.queued_bytes == 40
    assert playout.tick() == (b"a" * 40 + b"\xff" * 120, [])
    assert playout.queued_bytes == 0


def test_mark_comes_back_when_all_before_it_is_played() -> None:
    """A mark is returned with the tick that plays the last byte before it, not earlier."""
    playout = Playout()
    playout.add_audio(b"a" * 320)
    assert not playout.add_mark("end")
    assert playout.tick()[1] == []
    assert playout.tick()[1] == ["end"]
    assert playout.tick()[1] == []


def test_mark_between_pieces_of_one_frame() -> None:
    """A mark inside a frame comes back with that frame, and the next piece follows at once."""
    playout = Playout()
    playout.add_audio(b"a" * 100)
    playout.add_mark("first")
    playout.add_audio(b"b" * 100)
    playout.add_mark("second")
    assert playout.tick() == (b"a" * 100 + b"b" * 60, ["first"])
    assert playout.tick() == (b"b" * 40 + b"\xff" * 120, ["second"])


def test_mark_on_an_empty_queue_comes_back_at_once() -> None:
    """Nothing is before it, so there is nothing to wait for."""
    assert Playout().add_mark("now")


def test_mark_behind_a_waiting_mark_waits_too() -> None:
    """Marks keep their order."""
    playout = Playout()
    playout.add_audio(b"a")
    playout.add_mark("one")
    assert not playout.add_mark("two")
    assert playout.tick()[1] == ["one", "two"]


def test_clear_drops_audio_and_returns_the_marks() -> None:
    """Cleared marks come back in order, and what was cleared is never heard."""
    playout = Playout()
    playout.add_audio(b"a" * 500)
    playout.add_mark("one")
    playout.add_audio(b"b" * 500)
    playout.add_mark("two")
    playout.tick()
    assert playout.clear() == (840, ["one", "two"])
    assert playout.tick() == (QUIET, [])
    assert playout.clear() == (0, [])


def test_more_than_ten_minutes_is_discarded() -> None:
    """The newest audio is lost when the queue is full."""
    playout = Playout()
    assert playout.add_audio(b"a" * (LIMIT_BYTES - 10)) == 0
    assert playout.add_audio(b"b" * 30) == 20
    assert playout.add_audio(b"c") == 1
    assert playout.queued_bytes == LIMIT_BYTES


@given(st.lists(st.binary(max_size=700) | st.text("mn", min_size=1)))
def test_every_byte_is_played_once_and_every_mark_returned_once(queued: list[bytes | str]) -> None:
    """Whatever is queued comes out whole and in order."""
    playout = Playout()
    audio, names, returned = b"", [], []
    for entry in queued:
        if isinstance(entry, str):
            names.append(entry)
            if playout.add_mark(entry):
                returned.append(entry)
        else:
            audio += entry
            playout.add_audio(entry)
    heard = b""
    for _ in range(len(audio) // FRAME_BYTES + 1):
        frame, marks = playout.tick()
        heard += frame
        returned += marks
    assert heard[: len(audio)] == audio
    assert set(heard[len(audio) :]) <= {0xFF}
    assert returned == names
