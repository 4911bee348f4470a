"""One side of a call: a socket with a bounded outbox, one writer and one reader.

The same class serves both sides; a codec and a socket adapter make the difference. What a socket takes
without waiting is sent at once: waking a task for each frame costs as much as sending it. All else waits in
the outbox for the writer, in order. Read `call.py` next.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

import msgspec

from bridge.call.messages import CodecError

LAST_WORDS_S = 1.0
OUTBOX_LIMIT = 4000  # messages; a minute of audio in its smallest pieces


class SocketClosed(Exception):
    """The socket is gone; `code` and `reason` as the peer gave them.

    `status`: of HTTP, when it was refused before it was open.
    """

    def __init__(self, code: int | None, reason: str, status: int | None = None) -> None:
        super().__init__(f"closed {code} {reason}".strip())
        self.code = code
        self.reason = reason
        self.status = status


class Socket(Protocol):
    """What a leg needs of a websocket. Adapters: `twilio/stream.py`, `realtime/connection.py`."""

    async def receive(self) -> str | bytes:
        """Next message. Raises SocketClosed."""

    async def send(self, text: str) -> None:
        """Hand one message to the operating system. Raises SocketClosed."""

    def send_now(self, text: str) -> bool:
        """The same where it needs no waiting; false, and nothing is sent, where it does or cannot be done."""

    async def close(self, code: int, reason: str) -> None:
        """Close, in bounded time whatever the peer does; harmless when already closed."""


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One message in the outbox. Audio carries what the ledger must count once it is sent."""

    text: str
    item_id: str
    audio_bytes: int
    purgeable: bool


class Leg:
    """A socket, its outbox and its writer."""

    def __init__(
        self,
        socket: Socket,
        sent: Callable[[str, int], None] | None = None,
        before: "Leg | None" = None,
    ) -> None:
        """`sent` is told, without awaiting, the item and bytes of each piece of audio the socket has taken.

        `before`: the leg whose place this one takes; what was counted of it is counted on.
        """
        self.socket = socket
        self.dropped: int = before.dropped if before is not None else 0  # messages lost to a full outbox
        self.ignored: int = before.ignored if before is not None else 0  # incoming, against the protocol
        self._sent = sent
        self._outbox: deque[Outgoing] = deque()
        self._writing = False  # one that left the outbox is not sent yet
        self._filled: asyncio.Future[None] | None = None  # the writer waits for something to send

    def put(self, text: str, *, item_id: str = "", audio_bytes: int = 0, purgeable: bool = False) -> None:
        """Send a message, or queue it; when the outbox is full it is dropped and counted.

        `item_id` and `audio_bytes`: of a piece of audio. `purgeable`: it goes when playback is cleared.
        """
        if not self._outbox and not self._writing and self.socket.send_now(text):
            if audio_bytes:
                self._tell_sent(item_id, audio_bytes)
            return
        if len(self._outbox) >= OUTBOX_LIMIT:
            self.dropped += 1
            return
        self._outbox.append(Outgoing(text, item_id, audio_bytes, purgeable))
        if self._filled is not None and not self._filled.done():
            self._filled.set_result(None)

    def purge(self) -> None:
        """Drop what playback no longer needs."""
        self._outbox = deque(message for message in self._outbox if not message.purgeable)

    async def write(self) -> None:
        """Send from the outbox until cancelled or the socket closes (SocketClosed)."""
        while True:
            while self._outbox:
                message = self._outbox.popleft()
                self._writing = True
                await self.socket.send(message.text)
                self._writing = False
                if message.audio_bytes:
                    self._tell_sent(message.item_id, message.audio_bytes)
            self._filled = asyncio.get_running_loop().create_future()
            await self._filled

    def _tell_sent(self, item_id: str, audio_bytes: int) -> None:
        if self._sent is not None:
            self._sent(item_id, audio_bytes)

    async def read(self, receive: Callable[[str | bytes], None]) -> None:
        """Pass each message to `receive` until cancelled or the socket closes (SocketClosed).

        A message that does not fit the protocol (CodecError) is counted and ignored: the call goes on.
        """
        while True:
            text = await self.socket.receive()
            try:
                receive(text)
            except CodecError:
                self.ignored += 1


async def run_leg(leg: Leg, receive: Callable[[str | bytes], None]) -> SocketClosed:
    """Read and write until the socket closes; says how it closed. Leaves no task behind.

    A mistake of ours in either direction is raised, so that a call ends instead of going dumb.
    """
    reader = asyncio.create_task(leg.read(receive), name="leg reader")
    writer = asyncio.create_task(leg.write(), name="leg writer")
    try:
        await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
        if not reader.done() and isinstance(writer.exception(), SocketClosed):
            # What the peer said last (Twilio's `stop`, an error) may still be waiting to be read.
            await asyncio.wait({reader}, timeout=LAST_WORDS_S)
        for task in (reader, writer):
            if task.done():
                await task
    except SocketClosed as closed:
        return closed
    finally:
        reader.cancel()
        writer.cancel()
        await asyncio.wait({reader, writer})
        for task in (reader, writer):
            if not task.cancelled():
                task.exception()  # looked at: the first one was told above
    raise AssertionError("a leg ends only by its socket")
