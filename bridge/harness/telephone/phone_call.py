"""One simulated call: Twilio's state of it, its webhooks, its streams and its end.

It is the `Line` that twiml_runner.py runs documents on. Source: Twilio, Voice webhooks:
request parameters; status callbacks. Read next: twiml_runner.py, then stream_client.py.
"""

import asyncio
import random
from collections.abc import Mapping
from email.utils import format_datetime

import msgspec
from aiohttp import ClientError, WSServerHandshakeError

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import ConferenceOrder
from bridge.harness.telephone.course import Course
from bridge.harness.telephone.exchange import Exchange
from bridge.harness.telephone.line_faults import LineFaults
from bridge.harness.telephone.signed import Answer, NotOurs, SignedClient
from bridge.harness.telephone.stream_client import CallerEnd, StreamClient
from bridge.harness.telephone.stream_messages import Writer
from bridge.harness.telephone.twiml_runner import CallOver, DialResult, StreamOrder, TwimlRunner
from bridge.harness.telephone.webhooks import Webhooks
from tools.clock import Clock

VOICE_PATH = "/twilio/voice"
STATUS_PATH = "/twilio/status"
TALK_S = 5.0  # how long caller and person talk
PICK_UP_S = 2.0  # after which an answered phone has rung
ANONYMOUS = "anonymous"  # how a withheld number is written


class Account(msgspec.Struct, frozen=True):
    """Whose call it is."""

    account_sid: str
    number: str  # E.164, the one that was dialled
    voice_url: str  # public
    status_url: str  # public


class PhoneCall:
    """One call from the first webhook to the last callback."""

    def __init__(
        self,
        account: Account,
        caller_number: str | None,
        caller: CallerEnd,
        client: SignedClient,
        ledger: Ledger,
        rng: random.Random,
        clock: Clock,
        *,
        attestation: str,
        max_seconds: float,
        person_answers: bool,
        exchange: Exchange,
        faults: LineFaults,
        patience_s: float | None = None,
    ) -> None:
        """`patience_s`: how long the caller listens to hold music; None: for as long as it takes."""
        self._faults = faults
        self.call_sid = sid(rng, "CA")
        self.stream_sid: str | None = None  # of the latest stream
        self._account = account
        self._from = caller_number or ANONYMOUS
        # Only there when a SHAKEN identity came with the call.
        self._attested = {"StirVerstat": attestation} if attestation else {}
        self._caller = caller
        self._client = client
        self._webhooks = Webhooks(client, ledger, rng)
        self._ledger = ledger
        self._random = rng
        self._clock = clock
        self._person_answers = person_answers
        self._exchange = exchange
        self._patience_s = patience_s
        self.status = "ringing"
        self._runner = TwimlRunner(self, ledger, frozenset({account.number, self._from}))
        self._course = Course(self._runner)
        self._max_seconds = max_seconds
        self._began = clock.monotonic()
        self._callbacks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Ring, follow the documents, hang up and report. Leaves no task behind, also when cancelled."""
        self._exchange.add(self)
        try:
            by = await self._follow_documents()
            self.status = "completed"
            self._ledger.write("hung_up", by=by)
            await self._finish_callbacks()
            await self._webhooks.callback(self._account.status_url, self._final_status())
        finally:
            for task in self._callbacks:
                task.cancel()
            await asyncio.gather(*self._callbacks, return_exceptions=True)

    async def _follow_documents(self) -> str:
        try:
            async with asyncio.timeout(self._max_seconds):
                return await self._course.follow(self._account.voice_url)
        except TimeoutError:
            self._ledger.write("breach", what="max_seconds", detail=f"not over after {self._max_seconds} s")
            return "caller"

    # --- what Twilio's REST interface asks ------------------------------------------

    def redirect(self, url: str) -> None:
        self._course.redirect(url)

    def end(self) -> None:
        self._course.end()

    # --- what the runner asks of the line -----------------------------------------

    async def fetch(self, url: str, more: Mapping[str, str]) -> Answer | None:
        if self._runner.answered:
            self.status = "in-progress"
        return await self._webhooks.document(url, {**self._parameters(), **more})

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def stream(self, order: StreamOrder) -> None:
        writer = Writer(self._account.account_sid, self.call_sid, sid(self._random, "MZ"))
        try:
            socket = await self._client.open_stream(order.url)
        except (ClientError, TimeoutError, NotOurs) as error:
            status = error.status if isinstance(error, WSServerHandshakeError) else 0
            self._ledger.write("stream_refused", status=status)
            self._report(order, writer, "stream-error", f"31920 Stream: handshake error: {status}")
            return
        self.stream_sid = writer.stream_sid
        self._ledger.write(
            "stream_opened",
            stream_sid=writer.stream_sid,
            sent_bytes=len(self._caller.sent_audio),
            heard_bytes=len(self._caller.heard_audio),
        )
        self._report(order, writer, "stream-started")
        client = StreamClient(
            socket,
            writer,
            self._caller,
            self._ledger,
            self._faults,
            first_timestamp_ms=self._random.randint(100, 170),
        )
        end = await client.run(order.parameters)
        self._report(order, writer, "stream-stopped")
        if end.hung_up:
            raise CallOver("caller")
        if end.lost and not self._faults.asks_after_loss:
            raise CallOver("lost stream")

    async def dial(self, number: str, ring_s: float) -> DialResult:
        status = "completed" if self._person_answers else "no-answer"
        self._ledger.write("dialled", number=number, status=status)
        dialled_sid = sid(self._random, "CA")
        if not self._person_answers:
            await self.wait(ring_s)
            return DialResult(status, dialled_sid, 0)
        await self.wait(min(PICK_UP_S, ring_s) + TALK_S)
        return DialResult(status, dialled_sid, int(TALK_S))

    async def gather(self, timeout_s: float) -> str:
        self._ledger.write("breach", what="not simulated", detail="a key asked of the caller by <Gather>")
        return ""

    async def conference(self, order: ConferenceOrder) -> None:
        """Wait for the person with music, talk, and be let go; or lose patience first."""
        with self._exchange.conferences.entered(self.call_sid, order, self._send) as room:
            began = asyncio.create_task(room.began.wait(), name="telephone: conference begins")
            over = asyncio.create_task(room.ended.wait(), name="telephone: conference over")
            try:
                await asyncio.wait(
                    {began, over}, timeout=self._patience_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not began.done() and not over.done():
                    raise CallOver("caller")
                await over
            finally:
                for task in (began, over):
                    task.cancel()
                await asyncio.gather(began, over, return_exceptions=True)

    # --- what is told to the server -----------------------------------------------

    def _parameters(self) -> dict[str, str]:
        """Fields of every request for a document. A withheld number has no geography either."""
        geography = {f"{end}{part}": "" for end in ("From", "Caller") for part in _GEOGRAPHY}
        ours = dict(zip(_GEOGRAPHY, ("SPRINGFIELD", "IL", "", "US"), strict=True))
        geography |= {f"{end}{part}": value for end in ("To", "Called") for part, value in ours.items()}
        return {
            "AccountSid": self._account.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": self.call_sid,
            "CallStatus": self.status,
            "CallToken": '{"parentCallInfoToken":"not a real token"}',
            "Direction": "inbound",
            "From": self._from,
            "Caller": self._from,
            "To": self._account.number,
            "Called": self._account.number,
            **geography,
            **self._attested,
            # Twilio adds fields without notice and signs all of them, spaces and all.
            "FieldOfTomorrow": " caf\u00e9 + 1 & 1 ",
        }

    def _final_status(self) -> dict[str, str]:
        answered_s = self._clock.monotonic() - self._began if self._runner.answered else 0.0
        busy = self._runner.rejected_as is not None
        return {
            **self._parameters(),
            "CallStatus": "busy" if busy else "completed",
            "CallDuration": str(round(answered_s)),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": "0",
            "Timestamp": format_datetime(self._clock.now()),
        }

    def _report(self, order: StreamOrder, writer: Writer, event: str, error: str | None = None) -> None:
        """Send a stream callback, if any was asked for, while the call goes on."""
        if order.status_callback is None:
            return
        params = {
            "AccountSid": self._account.account_sid,
            "CallSid": self.call_sid,
            "StreamSid": writer.stream_sid,
            "StreamName": order.name or writer.stream_sid,
            "StreamEvent": event,
            "Timestamp": self._clock.now().isoformat(),
        }
        if error is not None:
            params["StreamError"] = error
        self._send(order.status_callback, params)

    def _send(self, url: str, fields: Mapping[str, str]) -> None:
        """A status callback, while the call goes on."""
        self._callbacks.add(
            asyncio.create_task(self._webhooks.callback(url, fields), name="telephone: status callback")
        )

    async def _finish_callbacks(self) -> None:
        """Wait for what is under way: a call is not over before its last callback."""
        await asyncio.gather(*self._callbacks)
        self._callbacks.clear()


_GEOGRAPHY = ("City", "State", "Zip", "Country")


def sid(rng: random.Random, prefix: str) -> str:
    """A made-up Twilio id, repeatable by its seed."""
    return f"{prefix}{rng.getrandbits(128):032x}"
