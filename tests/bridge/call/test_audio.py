"""Lengths and cuts of base64 audio, without decoding it."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from bridge.call.audio import audio_bytes, split_audio


@given(st.binary(max_size=4000))
def test_length_is_that_of_the_decoded_audio(audio: bytes) -> None:
    """The computed length is what decoding would give, padded or not."""
    assert audio_bytes(base64.b64encode(audio).decode()) == len(audio)


@given(st.integers(0, 20_000), st.integers(0, 255))
def test_pieces_decode_one_by_one_to_the_whole(length: int, value: int) -> None:
    """Each piece is base64 of its own, at most 360 ms long, and together they are the audio."""
    audio = bytes((value + n) % 256 for n in range(length))
    text = base64.b64encode(audio).decode()
    pieces = split_audio(text)
    decoded = [base64.b64decode(piece, validate=True) for piece in pieces]
    assert b"".join(decoded) == audio
    assert "".join(pieces) == text
    assert all(len(piece) <= 2880 for piece in decoded)


def test_cuts_lie_on_whole_frames() -> None:
    """All pieces but the last are multiples of 480 bytes: three frames, no padding."""
    pieces = split_audio(base64.b64encode(bytes(2880 * 2 + 100)).decode())
    assert [audio_bytes(piece) for piece in pieces] == [2880, 2880, 100]
    assert not any("=" in piece for piece in pieces[:-1])


def test_nothing_has_no_pieces() -> None:
    """An empty delta gives nothing to send."""
    assert split_audio("") == []
