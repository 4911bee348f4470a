"""Arithmetic on base64 audio: its length and where it may be cut, without decoding it.

Pure. The call's audio is mu-law, 8 kHz, so 8 bytes are a millisecond and a frame is 160
bytes. `session.py` counts with these; the codecs put the pieces on the wire.
"""

# 480 bytes are three frames and exactly 640 characters without padding, so a base64 string
# cut at multiples of 640 characters falls into pieces that decode on their own.
ALIGNED_CHARS = 640
PIECE_CHARS = 6 * ALIGNED_CHARS  # 2,880 bytes, 360 ms; the telephone's marks lie at least this dense


def audio_bytes(audio_b64: str) -> int:
    """Decoded length of `audio_b64` in bytes. It must be padded base64 without line breaks."""
    padding = 2 if audio_b64.endswith("==") else 1 if audio_b64.endswith("=") else 0
    return len(audio_b64) // 4 * 3 - padding


def split_audio(audio_b64: str) -> list[str]:
    """`audio_b64` as pieces of at most 2,880 bytes, all but the last cut at a multiple of 480 bytes.

    Joining the pieces gives the argument again; an empty string has no pieces.
    """
    if 0 < len(audio_b64) <= PIECE_CHARS:  # most deltas of the model
        return [audio_b64]
    return [audio_b64[at : at + PIECE_CHARS] for at in range(0, len(audio_b64), PIECE_CHARS)]
