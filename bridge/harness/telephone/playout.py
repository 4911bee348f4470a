"""What Twilio still has to play to the caller: a queue of audio and marks, 160 bytes a tick.

Pure. Marks come back when everything queued before them has left the queue, whether it was
played or cleared. Source: Twilio, Media Streams: WebSocket Messages (mark, clear) and warning
31931. Read next: stream_client.py, which feeds and ticks it.
"""

from collections import deque

FRAME_BYTES = 160  # 20 ms of mu-law at 8 kHz
SILENCE = b"\xff"
LIMIT_BYTES = 4_800_000  # ten minutes; Twilio discards what comes on top


class Playout:
    """The queue between the server's socket and the caller's ear."""

    def __init__(self) -> None:
        self._queue: deque[memoryview | str] = deque()  # audio, or a mark's name
        self._queued_bytes = 0

    @property
    def queued_bytes(self) -> int:
        return self._queued_bytes

    def add_audio(self, audio: bytes) -> int:
        """Queue `audio`; returns how many bytes of it were discarded because the queue is full."""
        kept = audio[: LIMIT_BYTES - self._queued_bytes]
        if kept:
            self._queue.append(memoryview(kept))
            self._queued_bytes += len(kept)
        return len(audio) - len(kept)

    def add_mark(self, name: str) -> bool:
        """Queue a mark; True when nothing is before it, so that it must be returned at once."""
        if not self._queue:
            return True
        self._queue.append(name)
        return False

    def clear(self) -> tuple[int, list[str]]:
        """Empty the queue: bytes dropped, and the marks to return, in order."""
        dropped = self._queued_bytes
        marks = [entry for entry in self._queue if isinstance(entry, str)]
        self._queue.clear()
        self._queued_bytes = 0
        return dropped, marks

    def tick(self) -> tuple[bytes, list[str]]:
        """The next 160 bytes the caller hears, silence where nothing is queued, and marks reached."""
        heard = bytearray()
        marks: list[str] = []
        while self._queue:
            entry = self._queue[0]
            if isinstance(entry, str):
                marks.append(entry)
                self._queue.popleft()
                continue
            wanted = FRAME_BYTES - len(heard)
            if wanted == 0:
                break
            heard += entry[:wanted]
            if len(entry) > wanted:
                self._queue[0] = entry[wanted:]
            else:
                self._queue.popleft()
        self._queued_bytes -= len(heard)
        return bytes(heard.ljust(FRAME_BYTES, SILENCE)), marks
