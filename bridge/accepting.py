"""A port that several workers listen on: who comes in is taken by the one that holds the fewest calls.

Shell. The kernel wakes all of them, and the first takes the connection; left to itself that is too often the
same one. So whoever holds more calls than another leaves it to that one for a moment, and takes it only
when it is still there: the other may be halted. Read `workers.py` for where the socket comes from.
"""

import asyncio
import errno
import socket

import structlog
from aiohttp import web

from bridge.call.places import Places

log = structlog.get_logger(__name__)

LEAVE_S = 0.005  # to one with fewer calls; it is there within a fraction of this
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
AGAIN_S = 1.0  # after the machine has refused a connection, for want of descriptors say


class SharedSite(web.BaseSite):
    """aiohttp's site on a socket that others listen on, too."""

    def __init__(self, runner: web.BaseRunner, listening: socket.socket, places: Places) -> None:
        """`listening`: non-blocking; it stays the caller's to close."""
        super().__init__(runner)
        self._listening = listening
        self._places = places
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._begun: set[asyncio.Task[object]] = set()

    @property
    def name(self) -> str:
        host, port = self._listening.getsockname()[:2]
        return f"http://{host}:{port}"

    async def start(self) -> None:
        await super().start()
        self._listen()

    async def stop(self) -> None:
        self._loop.remove_reader(self._listening)
        if self._pause is not None:
            self._pause.cancel()
        await super().stop()

    def _listen(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listening, self._knocked)

    def _knocked(self) -> None:
        if self._places.here > self._places.fewest:
            self._rest(LEAVE_S)
        else:
            self._accept()

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._pause = self._loop.call_later(seconds, self._rested)

    def _rested(self) -> None:
        self._listen()
        self._accept()

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another one was faster, or they have gone
        except OSError as error:
            if error.errno in EXHAUSTED:  # else the network says it of that one connection
                log.error("not_accepted", code=error.errno)
                self._rest(AGAIN_S)
            return
        connection.setblocking(False)
        assert self._runner.server is not None
        task = self._loop.create_task(self._loop.connect_accepted_socket(self._runner.server, connection))
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)
