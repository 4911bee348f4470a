"""Where Twilio asks and tells during a warm handoff: the person's leg, and the caller's on hold.

Every address stands below /twilio/handoff and is signed like the others; those of the person's leg
carry the caller's CallSid. Each answer follows from where the handoff is once the request was taken in,
so a request that comes twice is answered twice alike. Read `bridge/handoff/states.py` for what may
happen, `twiml.py` for the answers.
"""

import asyncio
from collections.abc import Callable

import structlog
from aiohttp import web

from bridge.handoff.desk import HandoffDesk
from bridge.handoff.states import Happened, State
from bridge.store.handoffs import Handoff
from bridge.twilio import twiml
from bridge.twilio.addresses import webhook_url
from bridge.twilio.forms import OVER, signed_form
from bridge.twilio.signature import SignatureCheck
from tools.business import Business
from tools.store import StoreError

log = structlog.get_logger(__name__)

PATH = "/twilio/handoff"
STORE_S = 1.0  # somebody listens to silence meanwhile
ACCEPT_KEY = "1"
HUMAN = "human"  # of AnsweredBy
PERHAPS_HUMAN = (HUMAN, "unknown", "")  # asked for a key, like those who certainly are
PRESS = f"Press {ACCEPT_KEY} to take the call, or hang up."
NO_BRIEF = "A caller is waiting for a person."
NO_LONGER = "The caller is no longer waiting. Goodbye."
SORRY = "I'm sorry, the call cannot be put through. Goodbye."  # the store did not say where it is
THANKS = "Thank you. Goodbye."


def handoff_address(public_base_url: str, path: str) -> str:
    """Where Twilio reaches one of these routes; asked again when it cannot be reached."""
    return webhook_url(public_base_url, PATH + path, retried=True)


def room_of(call_sid: str) -> str:
    """Name of the conference: nothing personal stands in it."""
    return f"handoff-{call_sid}"


class HandoffRoutes:
    """Handlers of one server."""

    def __init__(
        self,
        *,
        public_base_url: str,
        auth_token: str,
        business: Business,
        desk: HandoffDesk,
        new_stream: Callable[[str, str], str],
    ) -> None:
        """`new_stream`: the document that takes a call back to the agent, after these words."""
        self._public_base_url = public_base_url
        self._signature = SignatureCheck(auth_token, public_base_url)
        self._business = business
        self._desk = desk
        self._new_stream = new_stream

    def table(self) -> list[web.RouteDef]:
        return [
            web.post(f"{PATH}/person", self.person),
            web.post(f"{PATH}/key", self.key),
            web.post(f"{PATH}/status", self.status),
            web.post(f"{PATH}/over", self.over),
            web.post(f"{PATH}/back", self.back),
        ]

    # --- the caller's leg -------------------------------------------------------------

    async def begin(self, call_sid: str, caller_number: str | None) -> str | None:
        """The document that puts a caller on hold, or takes them back to the agent at once.

        None: nobody came in this call before; it is not tried again. Raises StoreError, TimeoutError.
        """
        async with asyncio.timeout(STORE_S):
            before = await self._desk.where(call_sid)
            if before is not None and before.state is State.RETURNED:
                return None
            return self._for_caller(call_sid, await self._desk.begin(call_sid, caller_number))

    async def over(self, request: web.Request) -> web.Response:
        """The caller's time in the conference is over: hung up, talked, or the conference broke."""
        form = await signed_form(self._signature, request, "CallSid")
        gone = form.get("CallStatus", "") in OVER
        return await self._caller(form["CallSid"], Happened.CALLER_GONE if gone else Happened.CALLER_LEFT)

    async def back(self, request: web.Request) -> web.Response:
        """The caller was fetched from the conference, since nobody came."""
        form = await signed_form(self._signature, request, "CallSid")
        return await self._caller(form["CallSid"], Happened.FETCHED)

    async def _caller(self, call_sid: str, happened: Happened) -> web.Response:
        handoff = await self._tell(call_sid, happened)
        if handoff is None:
            self._desk.tell_soon(call_sid, happened)
            return _xml(twiml.hang_up(self._business.wording.call_back))
        return _xml(self._for_caller(call_sid, handoff.state))

    def _for_caller(self, call_sid: str, state: State) -> str:
        match state:
            case State.RETURNED:
                return self._new_stream(call_sid, self._business.wording.nobody_came)
            case State.TALKED | State.GONE:
                return twiml.hang_up()
            case _:
                over = handoff_address(self._public_base_url, "/over")
                return twiml.hold(room_of(call_sid), over)

    # --- the person's leg -------------------------------------------------------------

    async def person(self, request: web.Request) -> web.Response:
        """Somebody answered: a human is told who waits and why; a machine hears nothing of it."""
        form = await signed_form(self._signature, request, "CallSid")
        human = form.get("AnsweredBy", "") in PERHAPS_HUMAN
        happened = Happened.ANSWERED if human else Happened.MACHINE
        call_sid = request.query.get("call", "")
        handoff = await self._tell(call_sid, happened, form["CallSid"])
        if not human:
            return _xml(twiml.hang_up())
        if handoff is None or handoff.state is not State.BRIEFED:
            return _xml(twiml.hang_up(SORRY if handoff is None else NO_LONGER))
        # Who may be a machine after all is told nothing of the caller.
        known = handoff.brief if form.get("AnsweredBy") == HUMAN else ""
        words = f"{known or NO_BRIEF} {PRESS}"
        return _xml(twiml.brief(words, self._key_url(call_sid)))

    async def key(self, request: web.Request) -> web.Response:
        """The person pressed a key, or none."""
        form = await signed_form(self._signature, request, "CallSid")
        call_sid = request.query.get("call", "")
        if form.get("Digits", "") != ACCEPT_KEY:
            if await self._tell(call_sid, Happened.DECLINED, form["CallSid"]) is None:
                self._desk.tell_soon(call_sid, Happened.DECLINED, form["CallSid"])
            return _xml(twiml.hang_up(THANKS))
        handoff = await self._tell(call_sid, Happened.ACCEPTED, form["CallSid"])
        if handoff is None or handoff.state is not State.JOINED:
            return _xml(twiml.hang_up(SORRY if handoff is None else NO_LONGER))
        return _xml(twiml.join(room_of(call_sid)))

    async def status(self, request: web.Request) -> web.Response:
        """How the person's leg is."""
        form = await signed_form(self._signature, request, "CallSid")
        over = form.get("CallStatus", "") in OVER
        happened = Happened.PERSON_GONE if over else Happened.STILL_THERE
        self._desk.tell_soon(request.query.get("call", ""), happened, form["CallSid"])
        return web.Response(status=204)

    def _key_url(self, call_sid: str) -> str:
        return handoff_address(self._public_base_url, f"/key?call={call_sid}")

    async def _tell(self, call_sid: str, happened: Happened, person_sid: str | None = None) -> Handoff | None:
        """Where the handoff is then; None when there is none, or the store did not say in time."""
        try:
            async with asyncio.timeout(STORE_S):
                return await self._desk.tell(call_sid, happened, person_sid)
        except (TimeoutError, StoreError) as error:
            log.warning("handoff_unknown", call_sid=call_sid, error=type(error).__name__)
            return None


def _xml(text: str) -> web.Response:
    return web.Response(text=text, content_type=twiml.CONTENT_TYPE)
