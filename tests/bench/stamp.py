"""Numbers in the audio itself: what came in can be found again in what went out. Pure.

Nine bytes, twelve characters of base64, stand at the beginning of each piece of audio: which call, which
turn of the model's, which piece, and who spoke. The rest is mu-law silence. A relay that does not decode
audio passes them on; one that splits a piece leaves the stamp on its first part.
"""

import base64
import struct

STAMP_CHARS = 12
BYTES_PER_MS = 8  # mu-law, 8 kHz
FRAME_BYTES = 160
SILENCE = b"\xff"
CALLER, MODEL = 0xA5, 0x5A  # neither is what silence begins with
_FORM = struct.Struct(">BHHI")  # who, call, turn, piece


def stamp(who: int, call: int, turn: int, piece: int) -> str:
    """Twelve characters of base64, without padding."""
    return base64.b64encode(_FORM.pack(who, call, turn, piece)).decode()


def rest(audio_bytes: int) -> str:
    """What follows a stamp in a piece of that many bytes, in base64."""
    return base64.b64encode(SILENCE * (audio_bytes - _FORM.size)).decode()


def read_stamp(chars: bytes) -> tuple[int, int, int, int] | None:
    """Who, call, turn and piece, from the first twelve characters; None where there is no stamp."""
    if len(chars) != STAMP_CHARS:
        return None
    found: tuple[int, int, int, int] = _FORM.unpack(base64.b64decode(chars))
    return found if found[0] in (CALLER, MODEL) else None


def audio_bytes(payload_chars: int, payload_end: bytes) -> int:
    """Decoded length of base64 with so many characters; `payload_end`: its last two."""
    return payload_chars // 4 * 3 - payload_end.count(b"=")
