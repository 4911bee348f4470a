"""A person who is rung: what they do, and their leg of the call from ringing to the last callback.

The leg is the `Line` on which twiml_runner.py runs what our server has to say to them. Source: Twilio,
Call resource: status callbacks, answering machine detection. Read first: exchange.py, which rings.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import ConferenceOrder, Conferences
from bridge.harness.telephone.course import Course
from bridge.harness.telephone.signed import Answer
from bridge.harness.telephone.twiml_runner import CallOver, DialResult, StreamOrder, TwimlRunner
from bridge.harness.telephone.webhooks import Webhooks

TALK_S = 5.0  # how long caller and person talk
PICK_UP_S = 2.0  # after which an answered phone has rung
BUSY_S = 1.0
KEY_S = 1.0  # from the end of what was said to the key

DEEDS = ("accepts", "declines", "no_key", "hangs_up", "machine", "busy", "no_answer", "fails")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever is rung does."""

    deed: str = "accepts"  # one of DEEDS
    talks_s: float = TALK_S  # then the person hangs up


class Callbacks(msgspec.Struct, frozen=True):
    """How Twilio's status callbacks of a person's leg arrive."""

    times: int = 1  # 0: they are lost
    late_s: float = 0.0


class PersonLeg:
    """One leg to a person. `parameters`: of the request that asked for it."""

    def __init__(
        self,
        call_sid: str,
        parameters: Mapping[str, str],
        events: frozenset[str],
        *,
        account_sid: str,
        person: Person,
        callbacks: Callbacks,
        webhooks: Webhooks,
        conferences: Conferences,
        ledger: Ledger,
    ) -> None:
        self.call_sid = call_sid
        self.status = "queued"
        self._parameters = parameters
        self._events = events
        self._account_sid = account_sid
        self._person = person
        self._how = callbacks
        self._webhooks = webhooks
        self._conferences = conferences
        self._ledger = ledger
        self._runner = TwimlRunner(self, ledger, frozenset({parameters["From"]}))
        self._course = Course(self._runner)
        self._ringing: asyncio.Task[str] | None = None
        self._told: set[asyncio.Task[None]] = set()
        self._joined = False

    def redirect(self, url: str) -> None:
        self._course.redirect(url)

    def end(self) -> None:
        """Also while it rings."""
        if self._ringing is not None and not self._ringing.done():
            self._ringing.cancel()
        self._course.end()

    async def run(self) -> None:
        """Ring, and follow what our server says; leaves no task behind, also when cancelled."""
        try:
            self._tell("initiated", "initiated")
            self._ringing = asyncio.create_task(self._ring(), name="telephone: ringing")
            await asyncio.wait({self._ringing})
            outcome = "canceled" if self._ringing.cancelled() else self._ringing.result()
            if outcome == "in-progress":
                self.status = outcome
                self._tell("answered", outcome)
                await self._course.follow(self._parameters["Url"])
                outcome = "completed"
            self.status = outcome
            self._ledger.write(
                "dialled",
                number=self._parameters["To"],
                status="completed" if self._joined else "no-answer",
                leg=self.call_sid,
                ended_as=outcome,
            )
            self._tell("completed", outcome)
            await asyncio.gather(*self._told)
        finally:
            for task in (self._ringing, *self._told):
                if task is not None:
                    task.cancel()
            await asyncio.gather(*self._told, return_exceptions=True)

    async def _ring(self) -> str:
        """How it is answered, as a CallStatus."""
        self.status = "ringing"
        match self._person.deed:
            case "busy":
                await asyncio.sleep(BUSY_S)
                return "busy"
            case "fails":
                await asyncio.sleep(BUSY_S)
                return "failed"
            case "no_answer":
                await asyncio.sleep(float(self._parameters.get("Timeout", "60")))
                return "no-answer"
        await asyncio.sleep(PICK_UP_S)
        return "in-progress"

    # --- what the runner asks of the line -----------------------------------------

    async def fetch(self, url: str, more: Mapping[str, str]) -> Answer | None:
        return await self._webhooks.document(url, {**self._fields(self.status), **more})

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def stream(self, order: StreamOrder) -> None:
        self._ledger.write("breach", what="not simulated", detail="a stream on a person's leg")

    async def dial(self, number: str, ring_s: float) -> DialResult:
        self._ledger.write("breach", what="not simulated", detail="a person's leg dials a number")
        return DialResult("failed", "", 0)

    async def gather(self, timeout_s: float) -> str:
        match self._person.deed:
            case "accepts" | "declines":
                await asyncio.sleep(min(KEY_S, timeout_s))
                return "1" if self._person.deed == "accepts" else "2"
            case "hangs_up":
                await asyncio.sleep(min(KEY_S, timeout_s))
                raise CallOver("person")
        await asyncio.sleep(timeout_s)
        return ""

    async def conference(self, order: ConferenceOrder) -> None:
        with self._conferences.entered(self.call_sid, order, self._report) as room:
            talking = asyncio.create_task(room.both.wait(), name="telephone: both are in")
            over = asyncio.create_task(room.ended.wait(), name="telephone: conference over")
            try:
                await asyncio.wait({talking, over}, return_when=asyncio.FIRST_COMPLETED)
                if over.done():
                    return
                self._joined = True
                await asyncio.wait({over}, timeout=self._person.talks_s)
                if not over.done():
                    raise CallOver("person")
            finally:
                for task in (talking, over):
                    task.cancel()
                await asyncio.gather(talking, over, return_exceptions=True)

    # --- what is told to the server -----------------------------------------------

    def _fields(self, status: str) -> dict[str, str]:
        fields = {
            "AccountSid": self._account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": status,
            "Direction": "outbound-api",
            "From": self._parameters["From"],
            "To": self._parameters["To"],
        }
        if self._parameters.get("MachineDetection") and status == "in-progress":
            fields["AnsweredBy"] = "machine_start" if self._person.deed == "machine" else "human"
        return fields

    def _tell(self, event: str, status: str) -> None:
        """A status callback, as often and as late as it comes."""
        if event in self._events and "StatusCallback" in self._parameters:
            for _ in range(self._how.times):
                fields = {**self._fields(status), "CallbackSource": "call-progress-events"}
                self._report(self._parameters["StatusCallback"], fields)

    def _report(self, url: str, fields: Mapping[str, str]) -> None:
        async def send() -> None:
            await asyncio.sleep(self._how.late_s)
            await self._webhooks.callback(url, fields)

        self._told.add(asyncio.create_task(send(), name="telephone: status callback"))
