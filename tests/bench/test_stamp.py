"""Stamps in audio: nine bytes that can be read again, and lengths that are right without decoding."""

import base64

import pytest

from tests.bench.stamp import CALLER, MODEL, SILENCE, audio_bytes, read_stamp, rest, stamp


@pytest.mark.parametrize("who", [CALLER, MODEL])
def test_a_stamp_is_read_as_it_was_written(who: int) -> None:
    """Up to the largest numbers."""
    for call, turn, piece in ((0, 0, 0), (65535, 65535, 2**32 - 1), (7, 300, 12_345)):
        assert read_stamp(stamp(who, call, turn, piece).encode()) == (who, call, turn, piece)


def test_silence_carries_no_stamp() -> None:
    """The second part of a piece that was split, and what is too short."""
    assert read_stamp(base64.b64encode(SILENCE * 9)) is None
    assert read_stamp(b"abcd") is None


@pytest.mark.parametrize("length", [160, 161, 162, 1600, 2880])
def test_a_piece_is_as_long_as_it_says(length: int) -> None:
    """Stamp and rest together decode to so many bytes."""
    payload = stamp(MODEL, 1, 2, 3) + rest(length)
    assert len(base64.b64decode(payload, validate=True)) == length
    assert audio_bytes(len(payload), payload[-2:].encode()) == length
