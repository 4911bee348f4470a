"""Model legs that wait for their call: opened when the webhook comes, adopted when its stream is accepted.

Shell. A leg that waits is sent one thing, its configuration, so that the agent can greet as soon as
the caller can hear. What the service says meanwhile is kept, and the call is told it in order, as if the
leg had just been opened: nothing in the call knows the difference. A leg that is refused, dies or finds
no call is closed here; the call then opens one of its own. Only this process can adopt it. Read
`switchboard.py` next.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from bridge.call.leg import Socket, SocketClosed
from bridge.call.messages import CodecError, ModelOpened
from bridge.realtime import codec

log = structlog.get_logger(__name__)

UNADOPTED_S = 15.0  # the telephone's stream comes within one or two seconds, or not at all
MOST_HELD = 20  # messages; the service has two to say to a session that nothing was asked of


class AdoptedSocket:
    """The socket of a leg that waited, for the call: first what has arrived, and nothing sent twice."""

    def __init__(self, socket: Socket, held: deque[str | bytes], sent: str | None) -> None:
        """`sent`: the configuration, if it is on the way already."""
        self._socket = socket
        self._held = held
        self._sent = sent

    async def receive(self) -> str | bytes:
        return self._held.popleft() if self._held else await self._socket.receive()

    async def send(self, text: str) -> None:
        if not self._is_sent(text):
            await self._socket.send(text)

    def send_now(self, text: str) -> bool:
        return (self._sent is not None and self._is_sent(text)) or self._socket.send_now(text)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code, reason)

    def _is_sent(self, text: str) -> bool:
        # A call's first message is its configuration. Where more is known of the caller by now it is
        # another one, and goes out after the first: the service takes them in order.
        sent, self._sent = self._sent, None
        return text == sent


class WaitingLegs:
    """The legs of one process that no call has adopted yet."""

    def __init__(self) -> None:
        self._legs: dict[str, _WaitingLeg] = {}  # by call sid
        self._tasks: set[asyncio.Task[None]] = set()  # also of those that are being closed

    def __len__(self) -> int:
        return len(self._legs)

    def open(
        self,
        call_sid: str,
        open_model: Callable[[], Awaitable[Socket]],
        configuration: Callable[[], Awaitable[str]],
    ) -> None:
        """Open a leg for a call that was let in; harmless when it has one.

        `configuration`: the first message of the session, made once the socket is open.
        """
        if call_sid not in self._legs:
            leg = self._legs[call_sid] = _WaitingLeg(call_sid, open_model, configuration)
            self._tasks.add(leg.task)
            leg.task.add_done_callback(lambda _: self._forget(call_sid, leg))

    async def take(self, call_sid: str) -> Socket | None:
        """The leg of this call, once it is open; None when there is none that lives."""
        leg = self._legs.pop(call_sid, None)
        return None if leg is None else await leg.hand_over()

    def drop(self, call_sid: str) -> None:
        """The call is over before it had a stream."""
        if (leg := self._legs.pop(call_sid, None)) is not None:
            leg.task.cancel()

    async def close(self) -> None:
        """Close all that still wait."""
        for call_sid in list(self._legs):
            self.drop(call_sid)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _forget(self, call_sid: str, leg: "_WaitingLeg") -> None:
        self._tasks.discard(leg.task)
        if self._legs.get(call_sid) is leg:
            del self._legs[call_sid]


class _WaitingLeg:
    """One leg, from its opening to its adoption or its end."""

    def __init__(
        self,
        call_sid: str,
        open_model: Callable[[], Awaitable[Socket]],
        configuration: Callable[[], Awaitable[str]],
    ) -> None:
        self._call_sid = call_sid
        self._open_model = open_model
        self._configuration = configuration
        self._socket: Socket | None = None
        self._held: deque[str | bytes] = deque()
        self._sent: str | None = None
        self._tried = asyncio.Event()  # it is open, or will never be
        self._adopted = False
        self.task = asyncio.create_task(self._wait(), name="waiting leg")

    async def hand_over(self) -> Socket | None:
        """The socket with all that has arrived; None when it is gone. Waits while it is being opened."""
        try:
            await self._tried.wait()
            if self._socket is None:
                return None
            self._adopted = True
            self.task.cancel()
            await asyncio.wait([self.task])
        except asyncio.CancelledError:  # the call ended meanwhile, and nobody else knows of this leg
            self.task.cancel()
            if self._adopted and self._socket is not None:
                await self._socket.close(1000, "")
            raise
        return AdoptedSocket(self._socket, self._held, self._sent)

    async def _wait(self) -> None:
        why = "not wanted"
        try:
            async with asyncio.timeout(UNADOPTED_S):
                self._socket = await self._open_model()
                self._tried.set()
                await self._hold(self._socket)
            why = "talked too much"
        except TimeoutError:
            why = "no stream came"
        except SocketClosed as closed:
            if self._socket is None:
                log.warning("waiting_leg_refused", call_sid=self._call_sid, status=closed.status)
            why = "lost"
        except Exception as error:  # the call opens its own, and meets the same there
            log.error("waiting_leg_broke", call_sid=self._call_sid, exc_info=error)
            why = "broke"
        finally:
            socket = self._socket
            if socket is not None and not self._adopted:
                self._socket = None  # nobody may adopt it while it is being closed
                log.info("waiting_leg_closed", call_sid=self._call_sid, why=why)
                await socket.close(1000, "")
            self._tried.set()

    async def _hold(self, socket: Socket) -> None:
        """Send the configuration when the session is there, and keep all that it says."""
        configuration = await self._configuration()
        while len(self._held) < MOST_HELD:
            message = await socket.receive()
            self._held.append(message)
            if self._sent is None and _opens(message):
                await socket.send(configuration)
                self._sent = configuration


def _opens(message: str | bytes) -> bool:
    try:
        return isinstance(codec.decode(message), ModelOpened)
    except CodecError:
        return False
