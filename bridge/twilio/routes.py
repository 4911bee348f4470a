"""The web addresses Twilio calls: the webhook, the stream, and what comes after it.

Every request is checked against Twilio's signature before anything else is looked at; a
forged one gets 403 and no word. Read `stream.py` for the socket, `twiml.py` for the answers.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from bridge.call.messages import NextStep
from bridge.call.switchboard import Switchboard
from bridge.store.calls import CallStore, Outcome
from bridge.store.journal import Journal
from bridge.twilio import stream, stream_token, twiml
from bridge.twilio.addresses import webhook_url
from bridge.twilio.caller_id import is_attested, phone_number
from bridge.twilio.codec import Start
from bridge.twilio.inbound import InboundTexts
from bridge.twilio.signature import SignatureCheck
from tools.business import Business
from tools.clock import Clock
from tools.facts import CallFacts
from tools.returning import know_caller
from tools.store import BookingStore, StoreError

log = structlog.get_logger(__name__)

TOKEN_LIFE = timedelta(seconds=60)
STORE_S = 0.4  # the webhook answers without the store rather than late
NEXT_STEP_S = 2.0
REFUSALS = {
    "stopping": "The server was about to stop.",
    "full": "All lines were busy.",
    "too_many_calls": "This number had called too often within an hour.",
}
ANSWERED = ("completed", "answered")


class TwilioRoutes:
    """Handlers of one server."""

    def __init__(
        self,
        *,
        public_base_url: str,
        account_sid: str,
        auth_token: str,
        calls_per_hour: int,
        business: Business,
        switchboard: Switchboard,
        calls: CallStore,
        bookings: BookingStore,
        texts: InboundTexts,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._public_base_url = public_base_url
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._signature = SignatureCheck(auth_token, public_base_url)
        self._calls_per_hour = calls_per_hour
        self._business = business
        self._switchboard = switchboard
        self._calls = calls
        self._bookings = bookings
        self._texts = texts
        self._journal = journal
        self._clock = clock

    def table(self) -> list[web.RouteDef]:
        return [
            web.post("/twilio/voice", self.voice),
            web.get("/twilio/stream", self.stream),
            web.post("/twilio/next", self.next),
            web.post("/twilio/handoff", self.handoff),
            web.post("/twilio/status", self.status),
            web.post("/twilio/sms", self.sms),
        ]

    # --- webhooks -----------------------------------------------------------------

    async def voice(self, request: web.Request) -> web.Response:
        """A call comes in: connect it to a stream, or to a person when we are full."""
        form = await self._signed_form(request, "CallSid")
        call_sid, caller = form["CallSid"], phone_number(form.get("From", ""))
        now = self._clock.now()
        await self._store_soon(
            lambda: self._calls.open_call(
                call_sid=call_sid,
                caller_number=caller,
                our_number=form.get("To", ""),
                attested=is_attested(caller, form.getall("StirVerstat", [])),
                now=now,
            )
        )
        if reason := await self._refusal(caller):
            log.warning("call_refused", call_sid=call_sid, reason=reason, live=self._switchboard.live)
            await self._store_soon(
                lambda: self._calls.close_call(
                    call_sid=call_sid,
                    outcome=Outcome.REFUSED,
                    reason=reason,
                    summary=REFUSALS[reason],
                    now=now,
                )
            )
            return await self._person(form, self._business.wording.busy)
        token = stream_token.mint(
            self._auth_token, call_sid, int((now + TOKEN_LIFE).timestamp()), secrets.token_urlsafe(16)
        )
        return _xml(twiml.stream(self._public_base_url, token))

    async def next(self, request: web.Request) -> web.Response:
        """The stream is over: do what was decided, or fetch a person when nothing is known."""
        form = await self._signed_form(request, "CallSid")
        step = None
        try:
            async with asyncio.timeout(NEXT_STEP_S):
                step = await self._calls.next_step(form["CallSid"])
        except (TimeoutError, StoreError) as error:
            log.warning("next_step_unknown", call_sid=form["CallSid"], error=type(error).__name__)
        match step:
            case NextStep.HANG_UP:
                return _xml(twiml.hang_up())
            case NextStep.PERSON:
                return await self._person(form)
            case _:  # trouble, or nothing known: after a killed process this is all there is
                return await self._person(form, self._business.wording.trouble)

    async def handoff(self, request: web.Request) -> web.Response:
        """The dialled person hung up, or never answered: then nobody may be lost."""
        form = await self._signed_form(request, "CallSid")
        if form.get("DialCallStatus", "") in ANSWERED:
            return _xml(twiml.hang_up())
        return await self._call_back(form, "nobody_answered")

    async def status(self, request: web.Request) -> web.Response:
        """Call, stream and message callbacks; a finished call that never streamed is closed here."""
        form = await self._signed_form(request, "CallSid", "MessageSid")
        call_sid, now = form.get("CallSid"), self._clock.now()
        if form.get("StreamEvent") == "stream-error":
            # A handshake that failed is reported nowhere else; the words are Twilio's own.
            log.warning("stream_failed", call_sid=call_sid, error=form.get("StreamError", "")[:200])
        over = form.get("CallStatus") in ("completed", "busy", "failed", "no-answer", "canceled")
        # A call that is still here has seen its end, or is about to, and writes it down itself.
        if call_sid and over and not self._switchboard.has(call_sid):
            self._journal.put(lambda: self._close_if_open(call_sid, now))
        return web.Response(status=204)

    async def sms(self, request: web.Request) -> web.Response:
        """A text comes in."""
        form = await self._signed_form(request, "MessageSid")
        return _xml(twiml.message(await self._texts.answer(form)))

    # --- the stream ---------------------------------------------------------------

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The call's audio: accepted only with a fresh token for the call it names."""
        if not self._signature.socket(request.raw_path, request.headers.get("X-Twilio-Signature", "")):
            log.warning("signature_refused", path=request.path)
            raise web.HTTPForbidden(text="")
        websocket = stream.new_websocket()
        await websocket.prepare(request)
        socket = stream.TwilioSocket(websocket, request)
        try:
            start = await stream.receive_start(socket)
            facts = await self._accept(start)
        except stream.StreamRefused as refused:
            log.warning("stream_refused", reason=refused.reason)
            await socket.close(1008, "refused")
            return websocket
        await self._switchboard.take(facts, socket, start.stream_sid)
        return websocket

    async def _accept(self, start: Start) -> CallFacts:
        """The facts of the call this stream may join. Raises StreamRefused."""
        now = self._clock.now()
        if start.account_sid != self._account_sid:
            raise stream.StreamRefused("another account")
        if (start.encoding, start.sample_rate) != stream.PHONE_SOUND:
            raise stream.StreamRefused("not mu-law at 8 kHz")  # it would reach the model as noise
        try:
            nonce = stream_token.check(
                self._auth_token, start.parameters.get("token", ""), start.call_sid, int(now.timestamp())
            )
        except stream_token.TokenRefused as refused:
            raise stream.StreamRefused(f"token {refused.reason}") from None
        try:
            async with asyncio.timeout(NEXT_STEP_S):
                if not await self._calls.consume_token(nonce=nonce, call_sid=start.call_sid, now=now):
                    raise stream.StreamRefused("token used before")
                row = await self._calls.call(start.call_sid)
        except (TimeoutError, StoreError):
            # Without the store a token cannot be shown to be fresh; Twilio asks for the next step.
            raise stream.StreamRefused("store unavailable") from None
        facts = CallFacts(
            call_sid=start.call_sid,
            caller_number=row.caller_number if row else None,
            our_number=row.our_number if row else "",
            # The store was too slow for the webhook: then nobody vouches for anything.
            attested=row is not None and row.attested,
        )
        await know_caller(self._bookings, self._business, facts, now)
        board = self._switchboard  # asked last: nothing is awaited from here to the call's place
        if board.has(start.call_sid) or board.is_full or board.stopping:
            raise stream.StreamRefused("no place for it")
        return facts

    # --- helpers ------------------------------------------------------------------

    async def _signed_form(self, request: web.Request, *about: str) -> MultiDictProxy[str]:
        """The form of a request that Twilio signed. Raises 403, or 400 when it has no field of `about`."""
        try:
            form = await request.post()
        except (ValueError, LookupError):  # no form, or in no alphabet there is: certainly not Twilio's
            form = MultiDictProxy(MultiDict())
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        header = request.headers.get("X-Twilio-Signature", "")
        if len(texts) != len(form) or not self._signature.http(request.raw_path, form, header):
            log.warning("signature_refused", path=request.path)
            raise web.HTTPForbidden(text="")
        if not any(form.get(name) for name in about):
            raise web.HTTPBadRequest(text=f"{' or '.join(about)} is missing")
        return form  # type: ignore[return-value]

    async def _close_if_open(self, call_sid: str, now: datetime) -> None:
        """Close a call that is over and whose end we did not see; then somebody should call back."""
        if not await self._calls.close_if_open(call_sid=call_sid, now=now):
            return
        row = await self._calls.call(call_sid)
        if row is not None and row.caller_number is not None:
            await self._bookings.add_callback(
                call_sid=call_sid,
                number=row.caller_number,
                name=None,
                message="",
                reason="end_unknown",
                now=now,
            )

    async def _refusal(self, caller: str | None) -> str | None:
        """Why this call is not taken, a key of REFUSALS; None when it is. Never waits long for the store."""
        if self._switchboard.stopping:
            return "stopping"
        if self._switchboard.is_full:
            return "full"
        if caller is None:
            return None
        try:
            async with asyncio.timeout(STORE_S):
                since = self._clock.now() - timedelta(hours=1)
                calls = await self._calls.calls_since(caller_number=caller, since=since)
        except (TimeoutError, StoreError):
            return None  # better a call too many than a caller turned away by our own trouble
        return "too_many_calls" if calls > self._calls_per_hour else None

    async def _person(self, form: MultiDictProxy[str], line: str | None = None) -> web.Response:
        """Ring the business's person; without one, promise to call back, and note it."""
        number = self._business.handoff_number
        if number is None:
            return await self._call_back(form, "no_person")
        return _xml(twiml.person(number, webhook_url(self._public_base_url, "/twilio/handoff"), say=line))

    async def _call_back(self, form: MultiDictProxy[str], reason: str) -> web.Response:
        number = phone_number(form.get("From", ""))
        call_sid, now = form["CallSid"], self._clock.now()
        await self._store_soon(
            lambda: self._bookings.add_callback(
                call_sid=call_sid, number=number, name=None, message="", reason=reason, now=now
            )
        )
        return _xml(twiml.hang_up(self._business.wording.call_back))

    async def _store_soon(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write now if the store is quick; else the journal keeps the write and goes on trying."""
        try:
            async with asyncio.timeout(STORE_S):
                await write()
        except (TimeoutError, StoreError):
            self._journal.put(write)


def _xml(text: str) -> web.Response:
    return web.Response(text=text, content_type=twiml.CONTENT_TYPE)
