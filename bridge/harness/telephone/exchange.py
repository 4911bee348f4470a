"""All legs of one account: the caller's, and those that our server has rung by Twilio's REST interface.

The REST stand-in asks here; the rooms in which legs meet are here. Whatever leg still stands when a run
is over is an `orphan` in the ledger. Read next: person.py and conferences.py.
"""

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Protocol

from aiohttp import ClientSession, TCPConnector

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import Conferences
from bridge.harness.telephone.person import Callbacks, Person, PersonLeg
from bridge.harness.telephone.signed import SignedClient
from bridge.harness.telephone.webhooks import Webhooks

RUNG_LATE_S = 3.0  # after the caller's end a leg may still come to be
OVER = ("completed", "busy", "failed", "no-answer", "canceled")


class Leg(Protocol):
    """A leg as the REST interface sees it."""

    call_sid: str
    status: str

    def redirect(self, url: str) -> None:
        """Have it go on with another document."""

    def end(self) -> None:
        """Hang it up."""


class Exchange:
    """The legs and rooms of one account."""

    def __init__(
        self,
        ledger: Ledger,
        rng: random.Random,
        account_sid: str,
        client: Callable[[ClientSession], SignedClient],
    ) -> None:
        """`client` makes what signs and sends requests to our server."""
        self.conferences = Conferences(ledger)
        self.person = Person()  # how whoever is rung from now on behaves
        self.callbacks = Callbacks()  # how their legs' callbacks arrive
        self._ledger = ledger
        self._random = rng
        self._account_sid = account_sid
        self._client = client
        self._legs: dict[str, Leg] = {}
        self._running: set[asyncio.Task[None]] = set()

    def add(self, leg: Leg) -> None:
        """A leg that came in."""
        self._legs[leg.call_sid] = leg

    # --- what the REST interface asks ---------------------------------------------

    def ring(self, parameters: dict[str, str], events: Iterable[str]) -> str:
        """Begin to ring a person; the new leg's CallSid."""
        call_sid = f"CA{self._random.getrandbits(128):032x}"
        self._ledger.write("rung", number=parameters["To"], leg=call_sid)
        session = ClientSession(connector=TCPConnector(force_close=True))
        leg = PersonLeg(
            call_sid,
            dict(parameters),
            frozenset(events),
            account_sid=self._account_sid,
            person=self.person,
            callbacks=self.callbacks,
            webhooks=Webhooks(self._client(session), self._ledger, self._random),
            conferences=self.conferences,
            ledger=self._ledger,
        )
        self._legs[call_sid] = leg
        task = asyncio.create_task(_run(leg, session), name="telephone: person's leg")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return call_sid

    def status(self, call_sid: str) -> str | None:
        """Twilio's CallStatus; None for a leg that never was."""
        leg = self._legs.get(call_sid)
        return None if leg is None else leg.status

    def redirect(self, call_sid: str, url: str) -> None:
        self._ledger.write("redirected", leg=call_sid, url=url)
        self._legs[call_sid].redirect(url)

    def end(self, call_sid: str) -> None:
        self._ledger.write("ended", leg=call_sid)
        self._legs[call_sid].end()

    # --- the end of a run ---------------------------------------------------------

    async def settle(self, within_s: float) -> None:
        """Wait for every leg to be over; what is not by then is an orphan, and is cut off."""
        if self.conferences.used:  # whoever was to be rung may be rung just now
            await asyncio.sleep(RUNG_LATE_S)
        if self._running:
            await asyncio.wait(self._running, timeout=within_s)
        for leg in self._legs.values():
            if leg.status not in OVER:
                self._ledger.write("orphan", leg=leg.call_sid, status=leg.status)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _run(leg: PersonLeg, session: ClientSession) -> None:
    async with session:
        await leg.run()
