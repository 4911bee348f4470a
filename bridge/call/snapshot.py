"""What a call knows, as text: written after each turn, so that any process can go on with the call.

Pure. It holds what the store keeps of a call anyway (facts, the last things said) and no code.
One of another version, or one that cannot be read, is no snapshot: the call then goes on from what
the store's rows say. Read `resumption.py` next, which turns one into the beginning of a stream.
"""

from datetime import tzinfo

import msgspec

from tools.facts import CallFacts

VERSION = 1  # counts up whenever an older process could misread what is written


class SnapshotError(Exception):
    """Not a snapshot that this version can read."""


class Line(msgspec.Struct, frozen=True):
    """Something said."""

    speaker: str  # "caller" or "agent"
    text: str  # of the agent, what was heard of it


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One call at one moment."""

    version: int = VERSION
    facts: CallFacts
    said: tuple[Line, ...] = ()  # the last of it, oldest first; empty where transcripts are off
    greeted: bool = False  # the caller has heard the agent
    spent: int = 0  # millionths of a dollar


class _Version(msgspec.Struct):
    version: int


def encode(snapshot: Snapshot) -> str:
    return msgspec.json.encode(snapshot).decode()


def decode(text: str, zone: tzinfo) -> Snapshot:
    """The snapshot in `text`; times that are told are on the business's clock again. Raises SnapshotError."""
    try:
        if msgspec.json.decode(text, type=_Version).version != VERSION:
            raise SnapshotError("another version")
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SnapshotError("not a snapshot") from error
    facts = snapshot.facts
    # JSON keeps an offset and not a zone, and an offset cannot be counted on with.
    facts.offered = {
        key: msgspec.structs.replace(slot, start=slot.start.astimezone(zone), end=slot.end.astimezone(zone))
        for key, slot in facts.offered.items()
    }
    facts.done = {
        key: msgspec.structs.replace(
            done,
            start=done.start.astimezone(zone),
            was=None if done.was is None else done.was.astimezone(zone),
        )
        for key, done in facts.done.items()
    }
    return snapshot
