"""Reads recorded Realtime sessions, kept beside this repository: YAML of a simple kind.

Only what those files use is understood: block mappings and sequences, plain scalars that may
run over several lines, and quoted ones on a single line. A YAML library is not worth its place
in the lock for two files.
"""

import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "realtime"

Line = tuple[int, str]  # indentation, text
_KEY = re.compile(r"([\w.]+):(?: (.*))?$")
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False, "[]": [], "{}": {}}


def received(file: Path) -> list[dict[str, Any]]:
    """All events that the service sent in a recorded session."""
    return [entry["data"] for entry in _entries(file) if entry["direction"] == "received"]


def sent(file: Path) -> list[dict[str, Any]]:
    """All events that the recorded client sent."""
    return [entry["data"] for entry in _entries(file) if entry["direction"] == "sent"]


def _entries(file: Path) -> list[dict[str, Any]]:
    value = read(file.read_text(encoding="utf-8"))
    entries: list[dict[str, Any]] = value["interactions"]
    return entries


def read(text: str) -> Any:
    """The value of a document."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines() if line.strip()]
    value, rest = _block(lines, lines[0][0])
    if rest:
        raise ValueError(f"not understood: {rest[0][1]!r}")
    return value


def _block(lines: list[Line], indent: int) -> tuple[Any, list[Line]]:
    """The value that begins at the first line, and the lines after it."""
    if lines[0][1].startswith("- "):
        return _sequence(lines, indent)
    if _KEY.match(lines[0][1]):
        return _mapping(lines, indent)
    return _scalar(lines[0][1]), lines[1:]


def _sequence(lines: list[Line], indent: int) -> tuple[list[Any], list[Line]]:
    values = []
    while lines and lines[0][0] == indent and lines[0][1].startswith("- "):
        value, lines = _block([(indent + 2, lines[0][1][2:]), *lines[1:]], indent + 2)
        values.append(value)
    return values, lines


def _mapping(lines: list[Line], indent: int) -> tuple[dict[str, Any], list[Line]]:
    values: dict[str, Any] = {}
    while lines and lines[0][0] == indent and (key := _KEY.match(lines[0][1])):
        name, text = key[1], key[2]
        lines = lines[1:]
        if text is not None:
            while lines and lines[0][0] > indent:  # a plain scalar goes on
                text, lines = f"{text} {lines[0][1]}", lines[1:]
            values[name] = _scalar(text)
        elif lines and (lines[0][0] > indent or (lines[0][0] == indent and lines[0][1].startswith("- "))):
            values[name], lines = _block(lines, lines[0][0])
        else:
            values[name] = None
    return values, lines


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    return text
