"""The calls: rings them, sends their frames in time, and says how well it kept the time itself.

All calls and the model are in this process, so that one clock tells when a frame went in and when it came
out. Frames leave every twenty milliseconds of each call, the calls spread over them; a frame is due at a time
that does not move when the one before it was late.
"""

import asyncio
import contextlib
import gc
import itertools
import os
from collections.abc import AsyncIterator

from aiohttp import ClientSession

from bridge.harness.telephone.signed import SignedClient
from tests.bench.figures import Window, is_trusted, spread
from tests.bench.line import Line
from tests.bench.model import Model
from tests.bench.parties import Party, cpu_s
from tests.bench.samples import Arrivals, Samples, now
from tests.bench.telephone import AUTH_TOKEN, PUBLIC, Stream, ring

SLOTS = 20  # of a millisecond each: in which of them a call's frames leave
SLOT_S = 0.001
EARLY_S = 0.0005  # timers are only as fine as a millisecond
RING_EVERY_S = 0.02
HEARD_S = 10.0  # by then everybody has heard the greeting


@contextlib.asynccontextmanager
async def calling(party: Party) -> AsyncIterator[SignedClient]:
    """Twilio's webhooks to a party."""
    async with ClientSession() as session:
        yield SignedClient(session, party.url, PUBLIC, AUTH_TOKEN)


class Generator:
    """The callers and the model of one party after another."""

    def __init__(self) -> None:
        self.samples = Samples()
        self.model = Model(self.line)
        self._arrivals = Arrivals()
        self._lines: dict[int, Line] = {}  # of the calls there are
        self._numbers = itertools.count()
        self._streams: list[Stream] = []
        self._slots: list[list[Stream]] = [[] for _ in range(SLOTS)]
        self._slot = 0
        self._due = 0.0
        self._keeping_time = False

    def line(self, number: int) -> Line | None:
        """The books of a call, for the model; None when it is over."""
        return self._lines.get(number)

    # --- keeping time ---------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def keeping_time(self) -> AsyncIterator[None]:
        """Send what is due from now on."""
        gc.collect()
        gc.freeze()
        gc.disable()  # what it makes is small and lives long; a collection would count as lateness
        self._keeping_time, self._due = True, now()
        self._tick()
        try:
            yield
        finally:
            self._keeping_time = False
            gc.enable()

    def _tick(self) -> None:
        while self._due <= (at := now()) + EARLY_S:
            streams = self._slots[self._slot]
            if streams and self.samples.is_open:
                self.samples.lateness.append(max(0.0, at - self._due))
            for stream in streams:
                stream.tick()
            self._slot = (self._slot + 1) % SLOTS
            self._due += SLOT_S
        if self._keeping_time:
            asyncio.get_running_loop().call_later(self._due - now(), self._tick)

    # --- calls ----------------------------------------------------------------------

    @property
    def calls(self) -> int:
        """How many were put through and not hung up here."""
        return len(self._streams)

    async def call(self, party: Party, calls: int) -> None:
        """Ring until there are so many calls; returns when each has heard the agent. Raises NotTaken."""
        async with calling(party) as client:
            ringing = []
            try:
                for _ in range(calls - len(self._streams)):
                    ringing.append(asyncio.create_task(self.ring(client, party)))
                    await asyncio.sleep(RING_EVERY_S)
                await asyncio.gather(*ringing)
            finally:  # none comes in later, when the others are no longer waited for
                for one in ringing:
                    one.cancel()
        with contextlib.suppress(TimeoutError):  # a server that cannot keep up is measured all the same
            async with asyncio.timeout(HEARD_S):
                while not all(stream.line.has_heard for stream in self._streams):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

    async def ring(self, client: SignedClient, party: Party) -> Stream:
        """One call more, whose frames leave from now on. Raises NotTaken."""
        line = Line(next(self._numbers), self.samples, self._arrivals)
        self._lines[line.number] = line
        stream = await ring(client, party.port, line, self._arrivals)
        self._streams.append(stream)
        self._slots[line.number % SLOTS].append(stream)
        return stream

    def hang_up_one(self, stream: Stream) -> None:
        """The others go on."""
        stream.hang_up()
        self._streams.remove(stream)
        self._slots[stream.line.number % SLOTS].remove(stream)
        del self._lines[stream.line.number]

    def hang_up(self, keep: int = 0) -> None:
        """All but so many, who still talk."""
        talking = [stream for stream in self._streams if not stream.is_over]
        for stream in set(self._streams) - set(talking[:keep]):
            self.hang_up_one(stream)
        self._arrivals.take()

    # --- measuring ------------------------------------------------------------------

    async def measure(
        self,
        party: Party,
        seconds: float,
        *,
        round_number: int,
        tls: bool = False,
        trouble: str = "",
        idle_mb: float | None = None,
    ) -> Window:
        """A window of so many seconds, with the calls there are."""
        calls, samples = len(self._streams), self.samples
        webhooks, first_audio = self._arrivals.take()
        mistakes_before = party.mistakes()
        theirs, mine, began = party.cpu_s(), cpu_s(os.getpid()), now()
        samples.open()
        await asyncio.sleep(seconds)
        samples.close()
        took_s = now() - began
        cpu = _used(theirs, party.cpu_s())
        own = _used(mine, cpu_s(os.getpid()))
        memory = party.memory_mb()
        lateness = spread(samples.lateness)
        return Window(
            round=round_number,
            party=party.name,
            calls=calls,
            tls=tls,
            trouble=trouble,
            seconds=took_s,
            to_model=spread(samples.to_model),
            to_caller=spread(samples.to_caller),
            clear=spread(samples.clears),
            cut=spread(map(abs, samples.cuts)),
            cut_mean=1000 * sum(samples.cuts) / len(samples.cuts) if samples.cuts else None,
            webhook=spread(webhooks),
            first_audio=spread(first_audio),
            cpu_per_call_minute=None if cpu is None else cpu / (calls * took_s / 60),
            cpu_share=None if cpu is None else cpu / took_s,
            memory_per_call_mb=None if memory is None or idle_mb is None else (memory - idle_mb) / calls,
            memory_idle_mb=idle_mb,
            lateness=lateness,
            generator_share=None if own is None else own / took_s,
            frames=samples.frames,
            lost=samples.lost,
            overdue=samples.overdue + sum(stream.line.overdue(now()) for stream in self._streams),
            uncleared=samples.uncleared,
            ended=sum(stream.is_over for stream in self._streams),
            mistakes=party.mistakes() - mistakes_before,
            trusted=is_trusted(lateness),
        )


def _used(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
