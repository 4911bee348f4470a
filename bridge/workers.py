"""Several workers on one port: the parent that starts them, watches them, and stops them.

Shell. The parent has no loop and no thread, for a fork takes neither along; what it imported before, the
workers share. It binds the port, and all workers listen on that one socket: what comes in while a worker
dies is taken by another, and a second server started by mistake is told that the port is taken. With a
socket for each worker (SO_REUSEPORT) neither would be so. Read `restarts.py` for when a worker is started
again, `app.py` for what a worker does.
"""

import asyncio
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator

import msgspec
import structlog

from bridge.call.places import Places
from bridge.restarts import Restarts

log = structlog.get_logger(__name__)

BACKLOG = 128  # connections that wait to be accepted
FORK_AGAIN_S = 1.0  # where the system has no process to give
KILL_AFTER_S = 27.0  # a worker that was told to stop goes within twenty seconds; Heroku kills after 30
REFUSED = 2  # exit status of a worker that has said why it cannot start
ASKED_TO = (0, -signal.SIGTERM, -signal.SIGINT)  # how a worker ends that was told to; early, by the signal
HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
KEEPS_DYING = (
    "callbridge gives up: worker {} died {} times in a row soon after it was started (exit status {})."
)


class Worker(msgspec.Struct, frozen=True):
    """What a worker has from its parent."""

    listening: socket.socket
    places: Places
    parent: int  # a descriptor that comes to its end when the parent does
    _ready: int

    def is_ready(self) -> None:
        """It takes calls."""
        os.write(self._ready, b".")

    def when_orphaned(self, stop: Callable[[], None]) -> None:
        """Have `stop` called when the parent is gone, and end for certain a while after it."""
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(self.parent)
            loop.call_later(KILL_AFTER_S, os._exit, 1)
            log.warning("parent_gone")
            stop()

        loop.add_reader(self.parent, gone)


class _Child(msgspec.Struct, frozen=True):
    number: int
    began: float


class Workers:
    """The workers of one server, and their parent's part."""

    def __init__(self, port: int, count: int, places: Places, serve: Callable[[Worker], int]) -> None:
        """`serve`: what a worker does; its exit status. Raises OSError when the port is taken."""
        self._listening = socket.create_server(("0.0.0.0", port), backlog=BACKLOG)  # noqa: S104 - a web server
        self._listening.setblocking(False)
        self._count = count
        self._places = places
        self._serve = serve
        self._alive, self._life = os.pipe()  # nobody writes; only the parent has the other end
        self._readiness, self._ready = os.pipe()
        self._news, self._told = os.pipe()  # a byte for each signal
        for end in (self._readiness, self._news, self._told):
            os.set_blocking(end, False)
        self._children: dict[int, _Child] = {}  # by process id
        self._due = {0: 0.0}  # when to start a worker, by number; the others follow when this one is ready
        self._restarts = [Restarts() for _ in range(count)]
        self._all_begun = False
        self._kill_at: float | None = None  # set once they were told to stop
        self._status = 0

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C. The exit status: 0 if all went as they were told to, 1 if one did not,
        REFUSED if the first could not start.
        """
        with self._signals_heard():
            while self._children or self._due:
                self._start_due()
                self._wait()
                self._bury()
        return self._status

    # --- what happens -----------------------------------------------------------------

    @contextlib.contextmanager
    def _signals_heard(self) -> Iterator[None]:
        for number in HEARD:
            signal.signal(number, lambda *_: None)  # what counts is the byte in the pipe
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for number in HEARD:
                signal.signal(number, signal.SIG_DFL)

    def _wait(self) -> None:
        """Until a signal, a worker that is ready, or something that is due."""
        times = [*self._due.values(), *([] if self._kill_at is None else [self._kill_at])]
        timeout = max(0.0, min(times) - time.monotonic()) if times else None
        readable, _, _ = select.select([self._news, self._readiness], [], [], timeout)
        if self._readiness in readable:
            os.read(self._readiness, 64)
            self._start_others()
        if self._news in readable and set(os.read(self._news, 64)) & {signal.SIGTERM, signal.SIGINT}:
            self._stop()
        if self._kill_at is not None and time.monotonic() >= self._kill_at:
            self._kill_at = time.monotonic() + KILL_AFTER_S
            log.error("workers_killed", workers=len(self._children))
            self._send(signal.SIGKILL)

    def _bury(self) -> None:
        """Take in which workers have ended."""
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if (child := self._children.pop(pid, None)) is not None:
                self._places.of(child.number).hold(0)
                self._died(child, os.waitstatus_to_exitcode(status))

    def _died(self, child: _Child, status: int) -> None:
        if self._kill_at is not None:
            if status not in ASKED_TO:
                self._status = self._status or 1
            return
        if status == REFUSED and not self._all_begun:
            self._status = REFUSED
            self._stop()
            return
        log.warning("worker_died", worker=child.number, status=status)
        now = time.monotonic()
        restarts = self._restarts[child.number]
        pause_s = restarts.died(now - child.began)
        if pause_s is not None:
            self._due[child.number] = now + pause_s
            return
        print(KEEPS_DYING.format(child.number, restarts.early, status), file=sys.stderr)  # noqa: T201
        self._status = 1
        self._stop()

    # --- what is done -----------------------------------------------------------------

    def _stop(self) -> None:
        """Tell all workers to stop; a second time changes nothing, and no worker minds hearing it twice."""
        if self._kill_at is None:
            log.info("stopping", workers=len(self._children))
            self._due.clear()
            self._kill_at = time.monotonic() + KILL_AFTER_S
            self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        for pid in self._children:
            os.kill(pid, number)

    def _start_others(self) -> None:
        """What is wrong with the settings the first worker has said, and not each of them."""
        if not self._all_begun and self._kill_at is None:
            self._all_begun = True
            self._due |= dict.fromkeys(range(1, self._count), 0.0)

    def _start_due(self) -> None:
        for number, at in list(self._due.items()):
            if at <= time.monotonic():
                del self._due[number]
                self._fork(number)

    def _fork(self, number: int) -> None:
        sys.stdout.flush()
        gc.collect()
        gc.freeze()  # a collection in a worker would write to every page, and none were shared any more
        # Held back until the worker has hands of its own for them: one that came between would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
        try:
            pid = os.fork()
            if not pid:
                self._be(number)
            self._children[pid] = _Child(number, time.monotonic())
        except OSError as error:  # no memory, say: the other workers go on, and their calls
            log.error("worker_not_started", worker=number, code=error.errno)
            self._due[number] = time.monotonic() + FORK_AGAIN_S
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)

    def _be(self, number: int) -> None:
        """In the worker, to its end. Never returns: what the parent was doing is not its to finish."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for each in HEARD:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HEARD)
            for end in (self._life, self._readiness, self._news, self._told):
                os.close(end)
            structlog.contextvars.bind_contextvars(worker=number)
            places = self._places.of(number)
            status = self._serve(Worker(self._listening, places, self._alive, self._ready))
            sys.stdout.flush()
        except BaseException:  # SystemExit too: nothing may get into what the parent was doing
            traceback.print_exc()
        finally:
            os._exit(status)
