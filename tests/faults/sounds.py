"""What the caller heard, and how long they heard nothing, or nothing of substance, while they waited for us.

Read from the ledgers and the sound on the line alone. Read next: judge.py.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bridge.harness.evidence import BYTES_PER_S, Evidence, heard_of
from bridge.harness.ledger import Entry
from bridge.harness.sound import mulaw_of_wav
from bridge.harness.telephone.stretches import HANG_MS
from bridge.harness.telephone.twiml_runner import WORD_S

EAR_S = 0.5  # of silence, before the model knows that the caller has finished
AUDIBLE = ("Say", "Dial")  # Twilio's verbs
LINES = Path(__file__).parents[2] / "prompts" / "lines"
KNOWN_BY_BYTES = BYTES_PER_S // 2  # of a ready-made line: no other has them
LEAST_HEARD_BYTES = BYTES_PER_S // 10


class Sound(msgspec.Struct, frozen=True):
    """Something the caller heard begin."""

    at: float  # loop time
    words: str
    filler: bool = False  # one of our ready-made lines


class Wait(msgspec.Struct, frozen=True):
    """A stretch in which the caller waited for us."""

    since: float  # loop time
    seconds: float


def heard(evidence: Evidence) -> list[Sound]:
    """Every sentence of the agent's, every ready-made line and every sentence of Twilio's, in order."""
    return sorted([*_sentences(evidence), *_lines(evidence), *_verbs(evidence)], key=lambda sound: sound.at)


def _sentences(evidence: Evidence) -> Iterator[Sound]:
    said = {entry.data["item_id"]: entry.data for entry in evidence.model.of("said")}
    began = {entry.data["turn_id"]: entry.at for entry in evidence.model.of("turn_started")}
    start = 0
    for item_id, audio in evidence.spoken.items():
        if item_id in said:
            start = max(start, evidence.heard_at(began[said[item_id]["turn_id"]]))
        found = heard_of(audio, evidence.heard_audio, start)
        if found.length >= LEAST_HEARD_BYTES:
            words = said[item_id]["text"] if item_id in said else "(a sentence that was cut short)"
            yield Sound(_at(evidence, found.at), words)
            start = found.at + 1


def _lines(evidence: Evidence) -> Iterator[Sound]:
    for path in sorted(LINES.glob("*.wav")):
        beginning = mulaw_of_wav(path.read_bytes())[:KNOWN_BY_BYTES]
        name = f"[{path.stem.rpartition('_')[0].replace('_', ' ')}]"
        found = evidence.heard_audio.find(beginning)
        while found >= 0:
            yield Sound(_at(evidence, found), name, filler=True)
            found = evidence.heard_audio.find(beginning, found + 1)


def _verbs(evidence: Evidence) -> Iterator[Sound]:
    for entry in evidence.telephone.of("verb"):
        if entry.data["name"] in AUDIBLE:
            yield Sound(entry.at, entry.data["text"] if entry.data["name"] == "Say" else "(rings a person)")


def _at(evidence: Evidence, heard_bytes: int) -> float:
    """Loop time at which this byte was heard."""
    opened = [e for e in evidence.telephone.of("stream_opened") if e.data["heard_bytes"] <= heard_bytes]
    return float(opened[-1].at + (heard_bytes - opened[-1].data["heard_bytes"]) / BYTES_PER_S)


# --- waiting ----------------------------------------------------------------------


def silences(evidence: Evidence) -> Iterator[Wait]:
    """When the caller began to wait for us in silence, and for how long; the ear's share left out.

    While no stream is up, Twilio's voice counts, and what rings.
    """
    since: float | None = None
    for entry in evidence.telephone.entries:
        match entry.kind:
            case "stream_opened":
                since = entry.at if since is None else since
            case "agent_ended":
                since = entry.at - HANG_MS / 1000
            case "line_ended":
                since = entry.at + EAR_S
            case "stream_ended":
                since = _after_stream(entry, since)
            case "agent_began" | "hung_up" if since is not None:
                yield Wait(since, entry.at - since)
                since = None
            case "verb" if entry.data["name"] in AUDIBLE:
                if since is not None:
                    yield Wait(since, entry.at - since)
                since = _after_words(entry)
            case "line_began":  # they were not waiting: it was their turn
                since = None


def waits(evidence: Evidence) -> Iterator[Wait]:
    """The same until something of substance: a ready-made line is none. What tools took is left out."""
    words = [sound.at for sound in heard(evidence) if not sound.filler]
    since: float | None = None
    for entry in evidence.telephone.entries:
        if (
            since is not None
            and (at := next((at for at in words if since < at < entry.at), None)) is not None
        ):
            yield Wait(since, at - since - _of_tools(evidence, since, at))
            since = None
        match entry.kind:
            case "stream_opened":
                since = entry.at if since is None else since
            case "agent_ended" if since is None:
                since = entry.at - HANG_MS / 1000
            case "line_ended":
                since = entry.at + EAR_S
            case "stream_ended":
                since = _after_stream(entry, since)
            case "hung_up" if since is not None:
                yield Wait(since, entry.at - since - _of_tools(evidence, since, entry.at))
            case "verb" if entry.data["name"] in AUDIBLE:
                if since is not None:
                    yield Wait(since, entry.at - since - _of_tools(evidence, since, entry.at))
                since = _after_words(entry)
            case "line_began":
                since = None


def _after_stream(entry: Entry, since: float | None) -> float | None:
    """The caller who hung up waits for nothing; any other goes on waiting, or begins to."""
    if entry.data["by"] == "caller":
        return None
    return entry.at if since is None else since


def _after_words(entry: Entry) -> float | None:
    """When Twilio's voice has said its words; None once a person is rung."""
    return None if entry.data["name"] == "Dial" else entry.at + WORD_S * len(entry.data["text"].split())


def _of_tools(evidence: Evidence, since: float, until: float) -> float:
    """Seconds in which a tool ran."""
    answered = {entry.data["call_id"]: entry.at for entry in evidence.model.of("tool_answered")}
    total, done = 0.0, since
    for asked in evidence.model.of("tool_asked"):
        begin, end = max(asked.at, done), min(answered.get(asked.data["call_id"], until), until)
        if end > begin:
            total, done = total + end - begin, end
    return total
