"""Reads the ready-made lines: prompts/lines.toml for the words, prompts/lines/*.wav for the sound.

Done once, at start, so that a missing file is found then and not by a caller. Read `clips.py`
for what they are used for; `recordings/render.py` makes the files.
"""

import base64
import struct
import tomllib
from pathlib import Path

import msgspec

from bridge.call.clips import Clip, Clips, Line

FOLDER = "lines"  # beside the file of words
LONGEST_S = 8.0
BYTES_PER_S = 8000
_MULAW = 7  # WAV's number for it
_RENDER = "run `python -m recordings.render`, or put a recording of yours there (8 kHz mono mu-law WAV)"


class ClipError(Exception):
    """A ready-made line cannot be played; the text says which, and what to do."""


class _Words(msgspec.Struct, forbid_unknown_fields=True):
    lines: dict[Line, list[str]]
    voice: str = ""  # for the renderer


def clip_name(line: str, number: int) -> str:
    """The name of the `number`-th clip of a line, counted from 0."""
    return f"{line}_{number + 1}"


def load_clips(words_file: Path) -> Clips:
    """All clips of `words_file`. Raises ClipError, OSError when the file of words is missing."""
    try:
        words = msgspec.convert(tomllib.loads(words_file.read_text(encoding="utf-8")), _Words)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as wrong:
        raise ClipError(f"{words_file}: {wrong}") from wrong
    for line in Line:
        if not words.lines.get(line):
            raise ClipError(f"{words_file}: [lines] needs {line.value}: one sentence or more")
    folder = words_file.with_name(FOLDER)
    return {
        line: tuple(_clip(folder, clip_name(line, n), text) for n, text in enumerate(words.lines[line]))
        for line in Line
    }


def _clip(folder: Path, name: str, text: str) -> Clip:
    path = folder / f"{name}.wav"
    try:
        mulaw = mulaw_of(path.read_bytes())
    except OSError as missing:
        raise ClipError(f"{path} cannot be read: {_RENDER}") from missing
    except ValueError as wrong:
        raise ClipError(f"{path}: {wrong}: {_RENDER}") from wrong
    if not 0 < len(mulaw) <= LONGEST_S * BYTES_PER_S:
        raise ClipError(f"{path}: a line lasts from a moment to {LONGEST_S:g} s")
    return Clip(name, text, base64.b64encode(mulaw).decode())


def mulaw_of(wav: bytes) -> bytes:
    """The sound in a WAV file. Raises ValueError unless it is 8 kHz mono mu-law."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        raise ValueError("not a WAV file")
    at, right = 12, False
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        body = wav[at + 8 : at + 8 + size]
        if name == b"fmt ":
            right = len(body) >= 16 and struct.unpack("<HHI", body[:8]) == (_MULAW, 1, BYTES_PER_S)
        elif name == b"data" and right:
            return body
        at += 8 + size + size % 2
    raise ValueError("not 8 kHz mono mu-law")
