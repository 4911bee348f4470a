"""What is left of a run: every party's ledger, the sound on the line, the rows of the database.

Pure. Gathered by `run.py`; `checker.py` and `screen.py` read nothing else.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from bridge.harness.ledger import Entry, Ledger
from bridge.harness.recording import Recording
from bridge.store.calls import CallRow
from bridge.store.report import CallbackRow, ToolCallRow, TurnRow
from tools.store import Reservation, Text

BYTES_PER_S = 8000
LOOK_FOR_S = 0.4  # so much of an item is looked for in what the caller heard
LEAST_S = 0.04


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The database, as it was right after the call."""

    at: datetime
    calls: list[CallRow]
    turns: list[TurnRow]
    tool_calls: list[ToolCallRow]
    reservations: list[Reservation]
    texts: list[Text]
    callbacks: list[CallbackRow]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One run, complete."""

    recording: Recording
    telephone: Ledger
    model: Ledger
    calendar: Ledger
    rest: Ledger
    sent_audio: bytes  # the caller's, as the telephone sent it
    heard_audio: bytes  # what the caller would hear, from the stream's first tick
    received_audio: bytes  # the caller's, as the model got it after its first session.updated
    early_bytes: int  # appended before that
    spoken: dict[str, bytes]  # by item, as the model sent it
    calendar_events: dict[str, dict[str, dict[str, Any]]]  # by calendar, by event id
    messages: list[dict[str, Any]]  # texts Twilio accepted
    model_connections: int
    model_open_after_s: float | None  # None: still open when we stopped looking
    rows: Rows
    log_lines: list[str]
    leftovers: list[str]  # tasks, threads, sockets that outlived the run
    gone_after_s: float  # how long they took to go
    keep_for: timedelta  # how long the owner lets a hold last

    @property
    def stream_began(self) -> float | None:
        """Loop time of the first tick of sound; None when no stream opened."""
        return next((entry.at for entry in self.telephone.of("stream_opened")), None)

    def heard_ms(self, item_id: str) -> int:
        """Milliseconds of a model's item that were played to the caller, by comparing the sound itself."""
        spoken = self.spoken.get(item_id, b"")
        began = next((e.at for e in self.model.of("turn_started") if self._has_item(e, item_id)), None)
        start = 0
        if began is not None and self.stream_began is not None:
            start = max(0, int((began - self.stream_began) * BYTES_PER_S) - BYTES_PER_S)
        return heard_of(spoken, self.heard_audio, start) * 1000 // BYTES_PER_S

    def said(self, item_id: str) -> Entry | None:
        return next((entry for entry in self.model.of("said") if entry.data["item_id"] == item_id), None)

    def _has_item(self, turn: Entry, item_id: str) -> bool:
        said = self.said(item_id)
        return said is not None and bool(said.data["turn_id"] == turn.data["turn_id"])


def heard_of(spoken: bytes, heard: bytes | bytearray, start: int = 0) -> int:
    """How many bytes of `spoken` stand in `heard` at one place, from `start` on; 0 when none."""
    length = min(len(spoken), int(LOOK_FOR_S * BYTES_PER_S))
    while length >= LEAST_S * BYTES_PER_S:
        at = heard.find(spoken[:length], start)
        if at >= 0:
            rest = memoryview(heard)[at:]
            count = length
            limit = min(len(spoken), len(rest))
            while count < limit and rest[count] == spoken[count]:
                count += 1
            return count
        length //= 2
    return 0
