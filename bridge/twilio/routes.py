"""The web addresses Twilio calls: the webhook, the stream, and what comes after it.

Every request is checked against Twilio's signature before anything else is looked at; a
forged one gets 403 and no word. Read `stream.py` for the socket, `twiml.py` for the answers.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from aiohttp import web
from multidict import MultiDictProxy

from bridge.call.messages import NextStep
from bridge.call.phases import LIMITS
from bridge.call.resumption import FIRST_STREAM, Resumption
from bridge.call.switchboard import Switchboard
from bridge.call.timeline import UNKNOWN, Arrival, arrival_of
from bridge.handoff.desk import HandoffDesk
from bridge.handoff.states import Happened
from bridge.store.calls import CallStore, Outcome
from bridge.store.handoffs import HandoffStore
from bridge.store.journal import Journal
from bridge.twilio import stream, stream_token, twiml
from bridge.twilio.addresses import webhook_url
from bridge.twilio.admission import REFUSALS, STORE_S, Admission
from bridge.twilio.call_over import CallOver
from bridge.twilio.caller_id import is_attested, phone_number
from bridge.twilio.calling_back import CallingBack
from bridge.twilio.codec import Start
from bridge.twilio.forms import OVER, signed_form
from bridge.twilio.handoff import HandoffRoutes
from bridge.twilio.handover import PAUSE_S, WAIT_S, Handover
from bridge.twilio.inbound import InboundTexts
from bridge.twilio.resuming import Resuming, facts_of
from bridge.twilio.signature import SignatureCheck
from tools.business import Business, HandoffMode
from tools.callbacks import NO_PERSON, NOBODY_CAME
from tools.clock import Clock
from tools.facts import CallFacts
from tools.returning import know_caller
from tools.store import BookingStore, StoreError

log = structlog.get_logger(__name__)

TOKEN_LIFE = timedelta(seconds=60)
NEXT_STEP_S = 1.0  # the caller hears nothing meanwhile, and may have waited for COMMIT_S before
ANSWERED = ("completed", "answered")


class TwilioRoutes:
    """Handlers of one server."""

    def __init__(
        self,
        *,
        public_base_url: str,
        account_sid: str,
        auth_token: str,
        business: Business,
        switchboard: Switchboard,
        calls: CallStore,
        bookings: BookingStore,
        admission: Admission,
        handover: Handover,
        resuming: Resuming,
        call_over: CallOver,
        calling_back: CallingBack,
        texts: InboundTexts,
        handoffs: HandoffStore,
        desk: HandoffDesk,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._public_base_url = public_base_url
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._signature = SignatureCheck(auth_token, public_base_url)
        self._business = business
        self._switchboard = switchboard
        self._calls = calls
        self._bookings = bookings
        self._admission = admission
        self._handover = handover
        self._resuming = resuming
        self._call_over = call_over
        self._calling_back = calling_back
        self._over: set[str] = set()  # calls that Twilio says are over, and that are still here
        self._texts = texts
        self._handoffs = handoffs
        self._desk = desk
        self._handoff = HandoffRoutes(
            public_base_url=public_base_url,
            auth_token=auth_token,
            business=business,
            desk=desk,
            new_stream=self._stream_document,
        )
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
            *self._handoff.table(),
        ]

    # --- webhooks -----------------------------------------------------------------

    async def voice(self, request: web.Request) -> web.Response:
        """A call comes in: connect it to a stream, or to a person when we are full."""
        came_at = self._clock.monotonic()
        form = await self._signed_form(request, "CallSid")
        call_sid, caller = form["CallSid"], phone_number(form.get("From", ""))
        now = self._clock.now()
        attested = is_attested(caller, form.getall("StirVerstat", []))
        if self._handover.passes_on(call_sid):
            return _xml(twiml.ask_again(self._public_base_url, twiml.VOICE_PATH, PAUSE_S))
        await self._store_soon(
            lambda: self._calls.open_call(
                call_sid=call_sid,
                caller_number=caller,
                our_number=form.get("To", ""),
                attested=attested,
                now=now,
            )
        )
        if reason := await self._admission.refusal(caller):
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
        facts = CallFacts(
            call_sid=call_sid, caller_number=caller, our_number=form.get("To", ""), attested=attested
        )
        self._switchboard.expect(facts, lambda: know_caller(self._bookings, self._business, facts, now))
        return self._stream(call_sid, answered_ms=round((self._clock.monotonic() - came_at) * 1000))

    async def next(self, request: web.Request) -> web.Response:
        """The stream is over: do what was decided, go on in a new one, or fetch a person."""
        form = await self._signed_form(request, "CallSid")
        call_sid = form["CallSid"]
        board, wording = self._switchboard, self._business.wording
        await board.let_go(call_sid)
        gone = form.get("CallStatus") in OVER
        begin = not (gone or board.stopping or board.is_full)
        try:
            async with asyncio.timeout(NEXT_STEP_S):
                after = await self._resuming.after_stream(
                    call_sid, begin=begin, asked=not (gone or board.stopping)
                )
        except (TimeoutError, StoreError) as error:
            log.warning("next_step_unknown", call_sid=call_sid, error=type(error).__name__)
            self._desk.tell_soon(call_sid, Happened.DIALLED)
            return await self._person(form, wording.trouble)
        match after.step:
            case _ if gone:
                return _xml(twiml.hang_up())  # nobody is there; the status callback sees to the rest
            case NextStep.HANG_UP:
                return _xml(twiml.hang_up())
            case NextStep.PERSON if after.reason in LIMITS:
                return await self._person(form, wording.limit)
            case NextStep.PERSON:
                return await self._agreed_person(form)
            case _ if after.resumable and begin:
                log.info("call_resumed", call_sid=call_sid)
                return self._stream(call_sid, say=wording.resume)
            case _ if after.resumable and self._handover.passes_on(call_sid):
                again = twiml.ask_again(self._public_base_url, twiml.NEXT_PATH, WAIT_S, say=wording.wait)
                return _xml(again)
            case _:  # what broke would break again, or nothing is known
                if board.stopping:
                    write = self._resuming.after_stream
                    self._journal.put(lambda: write(call_sid, begin=False, asked=True))
                return await self._person(form, wording.trouble)

    async def handoff(self, request: web.Request) -> web.Response:
        """The dialled person hung up, or never answered: then nobody may be lost."""
        form = await self._signed_form(request, "CallSid")
        if form.get("DialCallStatus", "") in ANSWERED:
            return _xml(twiml.hang_up())
        return await self._call_back(form, NOBODY_CAME)

    async def status(self, request: web.Request) -> web.Response:
        """Call, stream and message callbacks; a finished call that never streamed is closed here."""
        form = await self._signed_form(request, "CallSid", "MessageSid")
        call_sid = form.get("CallSid")
        if form.get("StreamEvent") == "stream-error":
            # A handshake that failed is reported nowhere else; the words are Twilio's own.
            log.warning("stream_failed", call_sid=call_sid, error=form.get("StreamError", "")[:200])
        if call_sid and form.get("CallStatus") in OVER:
            self._desk.tell_soon(call_sid, Happened.CALLER_GONE)
            self._switchboard.expect_no_more(call_sid)
            if self._switchboard.ends_itself(call_sid):
                # It has seen its end, or is about to, and writes it down itself: `stream` looks then.
                self._over.add(call_sid)
            else:
                self._call_over.soon(call_sid)
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
        stream.watch_peer(request)
        socket = stream.TwilioSocket(websocket, request)
        try:
            start = await stream.receive_start(socket)
            facts, begins, arrival = await self._accept(start)
        except stream.StreamRefused as refused:
            log.warning("stream_refused", reason=refused.reason)
            await socket.close(1008, "refused")
            return websocket
        try:
            await self._switchboard.take(facts, socket, start.stream_sid, begins, arrival)
        finally:
            if facts.call_sid in self._over and not self._switchboard.ends_itself(facts.call_sid):
                self._over.discard(facts.call_sid)
                self._call_over.now(facts.call_sid)
        return websocket

    async def _accept(self, start: Start) -> tuple[CallFacts, Resumption, Arrival]:
        """The facts of the call this stream may join, what it begins with, and how it got here.

        Raises StreamRefused.
        """
        now, at = self._clock.now(), self._clock.monotonic()
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
                told = await self._handoffs.brought_back(start.call_sid)
                facts, begins, arrival = facts_of(start.call_sid, row), FIRST_STREAM, UNKNOWN
                if told is not None:
                    facts.nobody_came, facts.lead = True, told
                if row is not None and (row.resumes or (told is not None and row.snapshot is not None)):
                    facts, begins = await self._resuming.begin(row, facts)
        except (TimeoutError, StoreError):
            # Without the store a token cannot be shown to be fresh; Twilio asks for the next step.
            raise stream.StreamRefused("store unavailable") from None
        if not begins.stream:
            if told is None:
                answered = start.parameters.get(twiml.ANSWERED_PARAMETER, "")
                arrival = arrival_of(answered, row.started_at if row else None, now, at)
            await know_caller(self._bookings, self._business, facts, now)
        board = self._switchboard  # asked last: nothing is awaited from here to the call's place
        if board.has(start.call_sid) or board.is_full or board.stopping:
            raise stream.StreamRefused("no place for it")
        return facts, begins, arrival

    # --- helpers ------------------------------------------------------------------

    async def _signed_form(self, request: web.Request, *about: str) -> MultiDictProxy[str]:
        return await signed_form(self._signature, request, *about)

    def _stream(self, call_sid: str, say: str | None = None, answered_ms: int | None = None) -> web.Response:
        return _xml(self._stream_document(call_sid, say, answered_ms))

    def _stream_document(self, call_sid: str, say: str | None, answered_ms: int | None = None) -> str:
        """A stream for this call, with a token of its own."""
        expires = int((self._clock.now() + TOKEN_LIFE).timestamp())
        token = stream_token.mint(self._auth_token, call_sid, expires, secrets.token_urlsafe(16))
        return twiml.stream(self._public_base_url, token, say=say, answered_ms=answered_ms)

    async def _agreed_person(self, form: MultiDictProxy[str]) -> web.Response:
        """Hand over as the owner wants it; at an hour when nobody is there, a message is taken at once."""
        business = self._business
        there = business.person_at(self._clock.now()) is not None
        if business.handoff_number is not None and (not there or business.handoff.mode is HandoffMode.WARM):
            try:
                document = await self._handoff.begin(form["CallSid"], phone_number(form.get("From", "")))
            except (TimeoutError, StoreError) as error:  # a plain dial needs no store
                log.warning("handoff_not_begun", call_sid=form["CallSid"], error=type(error).__name__)
                self._desk.tell_soon(form["CallSid"], Happened.DIALLED)
                return await self._person(form)
            if document is None:
                return await self._call_back(form, NOBODY_CAME)
            return _xml(document)
        return await self._person(form)

    async def _person(self, form: MultiDictProxy[str], line: str | None = None) -> web.Response:
        """Ring the business's person; without one, promise to call back, and note it.

        Cold, whatever the owner set: what broke, or is full, may not be there to take a caller back.
        """
        number = self._business.person_at(self._clock.now())
        if number is None:
            return await self._call_back(form, NO_PERSON)
        return _xml(twiml.person(number, webhook_url(self._public_base_url, "/twilio/handoff"), say=line))

    async def _call_back(self, form: MultiDictProxy[str], reason: str) -> web.Response:
        number = phone_number(form.get("From", ""))
        call_sid = form["CallSid"]
        if reason == NOBODY_CAME:
            self._journal.put(lambda: self._calls.nobody_came(call_sid=call_sid))
        await self._store_soon(lambda: self._calling_back.ask(call_sid, number, reason))
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
