"""The audio formats a Realtime session may be set to, and mu-law, which ear and voice work in.

Pure. A session that was never configured talks PCM at 24 kHz: mu-law bytes read as that are
noise, as they would be at the real service. Read next: model/session.py.
"""

from typing import Any

import numpy as np

from bridge.harness import sound

PHONE = "audio/pcmu"
_UP = 3  # 24 kHz over 8 kHz


def bytes_per_ms(audio_format: dict[str, Any]) -> int:
    """Bytes that make a millisecond in a format of a session."""
    return 48 if audio_format["type"] == "audio/pcm" else sound.BYTES_PER_MS


def mulaw_of(audio_format: dict[str, Any], audio: bytes) -> bytes:
    """What is heard of `audio` in `audio_format`; odd bytes at the end are dropped."""
    if audio_format["type"] == PHONE:
        return audio
    samples = np.frombuffer(audio[: len(audio) // 2 * 2], dtype="<i2").astype(np.int16)
    return sound.to_mulaw(samples[::_UP])


def from_mulaw(audio_format: dict[str, Any], mulaw: bytes) -> bytes:
    """`mulaw` in `audio_format`; plain repetition of samples, which is enough to tell it by."""
    if audio_format["type"] == PHONE:
        return mulaw
    return sound.from_mulaw(mulaw).repeat(_UP).astype("<i2").tobytes()
