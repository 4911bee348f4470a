"""What is left of a run: every party's ledger, the sound on the line, the rows of the database.

Pure. Gathered by `run.py`; `checker.py` and `screen.py` read nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.mail.messages import ReceivedMail
from bridge.harness.recording import Recording
from tools.store import Reservation, Text

if TYPE_CHECKING:  # only their shapes: the modules themselves ask a database
    from bridge.store.calls import CallRow
    from bridge.store.report import CallbackRow, LeadRow, ToolCallRow, TurnRow

BYTES_PER_S = 8000
LOOK_FOR_S = 0.4  # so much of an item is looked for in what the caller heard
LEAST_S = 0.04
FRAME_BYTES = 160
CLEARED_S = 0.5  # an order to clear takes no longer to reach the telephone


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The database, as it was right after the call."""

    at: datetime
    calls: list[CallRow]
    turns: list[TurnRow]
    tool_calls: list[ToolCallRow]
    reservations: list[Reservation]
    texts: list[Text]
    callbacks: list[CallbackRow]
    leads: list[LeadRow]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One run, complete."""

    recording: Recording
    telephone: Ledger
    model: Ledger
    calendar: Ledger
    rest: Ledger
    mail: Ledger
    sent_audio: bytes  # the caller's, as the telephone sent it
    heard_audio: bytes  # what the caller would hear, from the stream's first tick
    received_audio: bytes  # the caller's, as the model got it after its first session.updated
    early_bytes: int  # appended before that
    spoken: dict[str, bytes]  # by item, as the model sent it
    calendar_events: dict[str, dict[str, dict[str, Any]]]  # by calendar, by event id
    messages: list[dict[str, Any]]  # texts Twilio accepted
    mails: list[ReceivedMail]  # those the mail server accepted
    model_connections: int
    model_open_after_s: float | None  # None: still open when we stopped looking
    rows: Rows
    log_lines: list[str]
    leftovers: list[str]  # tasks, threads, sockets that outlived the run
    gone_after_s: float  # how long they took to go
    zone: ZoneInfo  # the business's
    keep_for: timedelta  # how long the owner lets a hold last
    owner_sms: str | None = None  # where the owner is told of callbacks
    owner_email: str | None = None

    def heard_at(self, at: float) -> int:
        """Where in what the caller heard a moment of the loop's time stands, in bytes; 0 before any stream.

        Between two streams, on hold say, nothing of ours is heard.
        """
        return self._stands(at, "heard_bytes")

    def sent_at(self, at: float) -> int:
        """The same in what the caller sent."""
        return min(len(self.sent_audio), self._stands(at, "sent_bytes"))

    def _stands(self, at: float, counted: str) -> int:
        opened = [entry for entry in self.telephone.of("stream_opened") if entry.at <= at]
        if not opened:
            return 0
        return int(opened[-1].data[counted] + (at - opened[-1].at) * BYTES_PER_S)

    @property
    def received_pieces(self) -> list[bytes]:
        """What the model got, by its sessions, in order; a call has more than one when a leg was lost."""
        starts = [entry.data["received_bytes"] for entry in self.model.of("listens")]
        ends = [*starts[1:], len(self.received_audio)]
        return [self.received_audio[start:end] for start, end in zip(starts, ends, strict=True)]

    def heard_ms(self, item_id: str) -> int:
        """Milliseconds of a model's item that were played to the caller, by comparing the sound itself."""
        return self.heard_part(item_id).length * 1000 // BYTES_PER_S

    def heard_part(self, item_id: str) -> Heard:
        """Where what was played of an item stands in what the caller heard."""
        said = next((entry for entry in self.model.of("said") if entry.data["item_id"] == item_id), None)
        if said is None:
            return Heard(0, 0)
        turn_id = said.data["turn_id"]
        began = next(entry.at for entry in self.model.of("turn_started") if entry.data["turn_id"] == turn_id)
        # The same fragments may be said before and after: look only where this item can be. An item
        # is deleted because it was silenced, so that nothing of it is heard from then on.
        deleted = (e.at for e in self.model.of("deleted") if e.data["item_id"] == item_id)
        silenced = next((self.heard_at(at + CLEARED_S) for at in deleted), None)
        start = max(0, self.heard_at(began) - FRAME_BYTES)
        return heard_of(self.spoken.get(item_id, b""), self.heard_audio[:silenced], start)


class Heard(msgspec.Struct, frozen=True):
    """Where a stretch of sound stands in what the caller heard, in bytes; length 0: nowhere."""

    at: int
    length: int


def heard_of(spoken: bytes, heard: bytes | bytearray, start: int = 0) -> Heard:
    """How much of `spoken`, from its beginning on, stands in `heard` at one place, from `start` on."""
    look_for = min(len(spoken), int(LOOK_FOR_S * BYTES_PER_S))
    while look_for >= LEAST_S * BYTES_PER_S:
        at = heard.find(spoken[:look_for], start)
        if at >= 0:
            rest = memoryview(heard)[at:]
            length, limit = look_for, min(len(spoken), len(rest))
            while length < limit and rest[length] == spoken[length]:
                length += 1
            rest.release()
            return Heard(at, length)
        look_for //= 2
    return Heard(start, 0)


def is_ours(event: dict[str, object]) -> bool:
    """Whether our server wrote this event of a calendar."""
    return reservation_of(event) is not None


def reservation_of(event: dict[str, object]) -> str | None:
    """Id of the reservation that an event says it belongs to; None for a person's event."""
    properties = event.get("extendedProperties")
    private = properties.get("private") if isinstance(properties, dict) else None
    return private.get("callbridge_reservation") if isinstance(private, dict) else None


def instant(event: dict[str, dict[str, str]], side: str) -> datetime:
    """When an event with a time of day starts or ends."""
    return datetime.fromisoformat(event[side]["dateTime"])


def answered_ok(output: object) -> bool:
    """Whether a tool's answer, as the model got it, says that it was done."""
    return _answer(output).get("ok") is True


def sentence_of(output: object) -> str:
    """What a tool's answer gives the agent to say; "" for nothing."""
    return str(_answer(output).get("say") or "")


def _answer(output: object) -> dict[str, Any]:
    if isinstance(output, str):
        output = msgspec.json.decode(output)
    return output if isinstance(output, dict) else {}
