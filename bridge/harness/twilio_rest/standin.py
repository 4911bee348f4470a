"""The Twilio REST stand-in: messages created, listed and read, calls made, moved and ended as Twilio does.

Reached by the real twilio client through its base URL only. What our client should never
send is answered as Twilio would and written as a breach. Dates come from `now`. Calls need a telephone
stand-in beside it: `put_through`. Conferences are only entered by TwiML: 404, and a breach.
Source: Twilio, Message and Call resource (API 2010-04-01). Read next: `messages.py` and `calls.py`.
"""

import asyncio
import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from aiohttp import web

from bridge.harness.faults import Faults
from bridge.harness.ledger import Ledger
from bridge.harness.twilio_rest.calls import KeptCalls, Legs, check_call_parameters
from bridge.harness.twilio_rest.messages import KeptMessages, TwilioError, check_parameters

OF_CALLS = frozenset({"ring", "update_call", "get_call"})
OPERATIONS = frozenset({"create", "list", "get"}) | OF_CALLS
_CALLS = "/2010-04-01/Accounts/{account_sid}/Calls"
_MESSAGES = "/2010-04-01/Accounts/{account_sid}/Messages"


class TwilioRestStandin:
    """`async with TwilioRestStandin(ledger, now=..., ...) as twilio:`; then `twilio.url`."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        now: Callable[[], datetime],
        account_sid: str,
        auth_token: str,
        numbers: list[str],
        api_keys: dict[str, str] | None = None,
    ) -> None:
        """`numbers`: E.164 numbers of the account, those that may send. `api_keys`: sid to secret."""
        self.ledger = ledger
        self.faults = Faults(OPERATIONS)
        self._kept = KeptMessages(now, account_sid, numbers)
        self._calls = KeptCalls(account_sid, numbers)
        self._account_sid = account_sid
        self._logins = {account_sid: auth_token, **(api_keys or {})}
        self._runner: web.AppRunner | None = None
        self._origin = ""

    # --- for the runner and for tests ---------------------------------------------------

    @property
    def url(self) -> str:
        """For TWILIO_API_URL."""
        return self._origin

    def put_through(self, legs: Legs) -> None:
        """Calls are made, moved and ended there from now on."""
        self._calls.legs = legs

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message accepted, in order, as Twilio shows it."""
        return self._kept.messages

    def refuse_number(self, number: str, code: int) -> None:
        """Texts to this number are refused with this code, e.g. 21610 after a STOP."""
        self._kept.refused_numbers[number] = code

    def fail_next(
        self, operation: str, status: int, code: int, times: int = 1, *, after: bool = False
    ) -> None:
        """Answer the next requests with an error. Operations: create, list, get; ring, update_call, get_call.

        `after`: what was asked is done all the same, as a 500 can hide.
        """
        self.faults.fail_next(operation, status, str(code), times, after=after)

    def lose_answer_next(self, operation: str, times: int = 1) -> None:
        """Do what the next requests ask, then drop the connection without an answer."""
        self.faults.lose_answer_next(operation, times)

    def delay(self, operation: str, seconds: float, *, after: bool = False) -> None:
        """Be slow at every request from now on; 0 ends it. `after`: store the message first."""
        self.faults.delay(operation, seconds, after=after)

    async def start(self) -> None:
        """Listen on a free port of the loopback device."""
        app = web.Application()
        app.router.add_post(_MESSAGES + ".json", self._handler("create"))
        app.router.add_get(_MESSAGES + ".json", self._handler("list"))
        app.router.add_get(_MESSAGES + "/{sid}.json", self._handler("get"))
        app.router.add_post(_CALLS + ".json", self._handler("ring"))
        app.router.add_post(_CALLS + "/{sid}.json", self._handler("update_call"))
        app.router.add_get(_CALLS + "/{sid}.json", self._handler("get_call"))
        app.router.add_route("*", "/{anything:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._origin = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Close every connection; repeating it is harmless."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    # --- requests -----------------------------------------------------------------------

    def _handler(self, operation: str) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            await asyncio.sleep(self.faults.seconds_before(operation))
            pairs = [(name, str(value)) for name, value in (await request.post()).items()]
            pairs += request.query.items()
            try:
                self._authorise(request)
                status, answer = self._played(operation, request, pairs)
            except TwilioError as error:
                status, answer = error.status, error.body()
                self._refused(error)
            if self.faults.take_loss(operation) and request.transport is not None:
                request.transport.abort()
            await asyncio.sleep(self.faults.seconds_after(operation))
            return web.json_response(answer, status=status, headers={"Twilio-Request-Id": "RQ" + "0" * 32})

        return handle

    def _played(
        self, operation: str, request: web.Request, pairs: list[tuple[str, str]]
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer, unless a fault says otherwise. Raises TwilioError."""
        failure = self.faults.take_failure(operation)
        if failure is None or failure.after:
            done = self._do(operation, request, pairs)
        if failure is not None:
            raise TwilioError(failure.status, int(failure.reason), "A fault was asked for.")
        return done

    def _do(
        self, operation: str, request: web.Request, pairs: list[tuple[str, str]]
    ) -> tuple[int, dict[str, Any]]:
        check = check_call_parameters if operation in OF_CALLS else check_parameters
        for what in check(operation, pairs):
            # Twilio takes no notice of a parameter it does not know, so the request goes on.
            self.ledger.write("breach", what=what, detail=f"{request.method} {request.path}")
        given = dict(pairs)
        match operation:
            case "create":
                message = self._kept.create(given)
                self.ledger.write(
                    "message",
                    sid=message["sid"],
                    to=message["to"],
                    from_=message["from"],
                    body=message["body"],
                )
                return 201, message
            case "ring":
                events = [value for name, value in pairs if name == "StatusCallbackEvent"]
                call = self._calls.ring(given, events)
                self.ledger.write("call", sid=call["sid"], to=given["To"], from_=given["From"])
                return 201, call
            case "update_call":
                return 200, self._calls.update(request.match_info["sid"], given)
            case "get_call":
                return 200, self._calls.get(request.match_info["sid"])
            case "list":
                return 200, self._kept.page(given, request.path)
            case _:
                return 200, self._kept.get(request.match_info["sid"])

    def _authorise(self, request: web.Request) -> None:
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            user, password = "", ""
        if scheme != "Basic" or not password or self._logins.get(user) != password:
            raise TwilioError(401, 20003, "Authenticate", breach=True)
        if request.match_info["account_sid"] != self._account_sid:
            raise TwilioError(404, 20404, f"The requested resource {request.path} was not found", breach=True)

    def _refused(self, error: TwilioError) -> None:
        self.ledger.write("refused", status=error.status, code=error.code)
        if error.breach:
            self.ledger.write("breach", what=f"refused with {error.code}", detail=error.message)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        error = TwilioError(404, 20404, f"The requested resource {request.path} was not found", breach=True)
        self._refused(error)
        return web.json_response(error.body(), status=404)
