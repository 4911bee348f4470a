"""The way out of a model session: one queue, one writer, and a tape of the audio sent.

Read next: model/session.py.
"""

import asyncio
import base64
import json
import random
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from bridge.harness.model.wire import new_id

EXTRA_FIELD = "field_of_the_future"  # clients must ignore what they do not know
EXTRA_FIELD_SHARE = 0.1  # of all events


class Tape(msgspec.Struct):
    """The audio that went over the wire, for the checker; shared by all sessions of a stand-in."""

    received_audio: bytearray = msgspec.field(default_factory=bytearray)
    early_bytes: int = 0  # appended before the first session.updated
    spoken: dict[str, bytes] = msgspec.field(default_factory=dict)  # by item id


class Outbox:
    """Events leave in the order in which they were put in."""

    def __init__(self, websocket: ServerConnection, rng: random.Random, tape: Tape) -> None:
        self._websocket = websocket
        self._rng = rng
        self._tape = tape
        self.stalled = False  # nothing leaves any more
        self._queue: asyncio.Queue[tuple[str, str, bytes]] = asyncio.Queue()

    def put(self, kind: str, fields: dict[str, Any]) -> None:
        self._put(kind, fields, "", b"")

    def put_audio(self, audio: bytes, ids: dict[str, Any]) -> None:
        """`ids`: those of a delta, `item_id` among them."""
        fields = {**ids, "delta": base64.b64encode(audio).decode()}
        self._put("response.output_audio.delta", fields, ids["item_id"], audio)

    def _put(self, kind: str, fields: dict[str, Any], item_id: str, audio: bytes) -> None:
        if self.stalled:
            return
        event = {"type": kind, "event_id": new_id("event", self._rng), **fields}
        if self._rng.random() < EXTRA_FIELD_SHARE:
            event[EXTRA_FIELD] = {"meaning": None}
        self._queue.put_nowait((json.dumps(event), item_id, audio))

    async def write(self) -> None:
        """Send until cancelled or the socket closes."""
        spoken = self._tape.spoken
        while True:
            text, item_id, audio = await self._queue.get()
            try:
                await self._websocket.send(text)
            except ConnectionClosed:
                return
            if audio:
                spoken[item_id] = spoken.get(item_id, b"") + audio
