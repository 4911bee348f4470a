"""The calendar stand-in: a server that behaves as Google Calendar does, and its token endpoint.

Reached by the real client through base URLs only. What our client should never send is
answered as Google would and written as a breach. Dates come from `now`.
Read next: `google/rules.py`, `google/events_kept.py`, `google/queries.py`, `google/identity.py`.
"""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Self

import msgspec
from aiohttp import web

from bridge.harness.faults import Faults
from bridge.harness.google.events_kept import Event, KeptCalendars
from bridge.harness.google.identity import EMAIL, TokenOffice, TokenRefused, throwaway_service_account
from bridge.harness.google.queries import LARGEST_PAGE, free_busy, list_events
from bridge.harness.google.rules import SCOPES, GoogleError, check_parameters
from bridge.harness.ledger import Ledger

OPERATIONS = frozenset({"token", *SCOPES})
_EVENTS = "/calendar/v3/calendars/{calendar_id}/events"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request to the Calendar API and its answer, for an oracle to judge."""

    method: str
    path: str  # decoded
    query: list[tuple[str, str]]
    body: Any  # decoded JSON; None without a body
    status: int
    answer: Any  # decoded JSON; None for 204
    connection: int = 1  # the number of the one it came over, counted from 1


class CalendarStandin:
    """`async with CalendarStandin(ledger, now=...) as google`; then `google.url` and `service_account`."""

    def __init__(self, ledger: Ledger, *, now: Callable[[], datetime]) -> None:
        """`now`: aware instant that new and changed events get. Nothing listens before `start`."""
        self.ledger = ledger
        self.faults = Faults(OPERATIONS)
        self.exchanges: list[Exchange] = []
        self.page_cap = LARGEST_PAGE  # events per page at most; small ones make a client follow pages
        self._now = now
        self._lag: tuple[timedelta, Random] | None = None
        self._tokens = TokenOffice()
        self._calendars = KeptCalendars(now, EMAIL)
        self._runner: web.AppRunner | None = None
        self._origin = ""
        self._connections: dict[object, int] = {}  # by what aiohttp has for each: its number
        self._counted = itertools.count(1)

    # --- for the runner and for tests ---------------------------------------------------

    @property
    def url(self) -> str:
        """For GOOGLE_CALENDAR_API_URL."""
        return f"{self._origin}/calendar/v3/"

    @property
    def service_account(self) -> dict[str, str]:
        """For GOOGLE_SERVICE_ACCOUNT_JSON (as JSON); its `token_uri` is this server."""
        return throwaway_service_account(f"{self._origin}/token")

    @property
    def events(self) -> dict[str, dict[str, Event]]:
        """By calendar id, then event id; deleted ones have status `cancelled`."""
        return self._calendars.events

    def add_calendar(self, calendar_id: str, zone: str) -> None:
        """A calendar shared with the service account. `zone`: IANA name."""
        self._calendars.add_calendar(calendar_id, zone)

    def human_books(
        self,
        calendar_id: str,
        start: datetime | date,
        end: datetime | date,
        summary: str,
        created: datetime | None = None,
        **fields: Any,
    ) -> Event:
        """A person writes an event. Aware datetimes, or dates for all-day; `fields` as in Google's Event."""
        event = self._calendars.human_books(calendar_id, start, end, summary, created, **fields)
        self.ledger.write(
            "human_inserted", id=event["id"], start=start.isoformat(), end=end.isoformat(), summary=summary
        )
        return event

    def we_booked(
        self,
        calendar_id: str,
        event_id: str,
        start: datetime,
        end: datetime,
        summary: str,
        private: dict[str, str],
    ) -> None:
        """An event that our server has written on an earlier day, with its private properties."""
        body = {
            "id": event_id,
            "start": {"dateTime": start.isoformat()},
            "end": {"dateTime": end.isoformat()},
            "summary": summary,
            "extendedProperties": {"private": private},
        }
        self._calendars.insert(calendar_id, body)

    def human_edits(self, calendar_id: str, event_id: str, **fields: Any) -> Event:
        """A person writes into an event, whoever made it. `fields` as in Google's Event."""
        return self._calendars.patch(calendar_id, event_id, fields, None)

    def human_deletes(self, calendar_id: str, event_id: str) -> None:
        """A person removes an event."""
        self._calendars.delete(calendar_id, event_id, None)

    def revoke_tokens(self) -> None:
        """Every token given so far is refused from now on (401)."""
        self._tokens.revoke_all()

    def fail_next(self, operation: str, status: int, reason: str, times: int = 1) -> None:
        """Refuse the next requests. Operations: token, freebusy, list, get, insert, patch, update, delete."""
        self.faults.fail_next(operation, status, reason, times)

    def be_down(self) -> None:
        """Answer every request to the Calendar API from now on with 503; tokens are another service's."""
        for operation in SCOPES:
            self.faults.be_down(operation, 503, "backendError")

    def lose_answer_next(self, operation: str, times: int = 1) -> None:
        """Do what the next requests ask, then drop the connection without an answer."""
        self.faults.lose_answer_next(operation, times)

    def delay(self, operation: str, seconds: float, *, after: bool = False) -> None:
        """Be slow at every request from now on; 0 ends it. `after`: do what is asked first."""
        self.faults.delay(operation, seconds, after=after)

    def lag_reads(self, up_to: timedelta, random: Random) -> None:
        """Answer each read from now on as things were up to so long ago, as `now` has it.

        Google promises no read-your-writes. What a write checks (the id, the etag, a tombstone)
        is always as things are.
        """
        self._lag = up_to, random
        self._calendars.changes = deque()

    async def start(self) -> None:
        """Listen on a free port of the loopback device."""
        app = web.Application()
        app.router.add_post("/token", self._token)
        add = app.router.add_route
        add("POST", "/calendar/v3/freeBusy", self._handler("freebusy"))
        add("GET", _EVENTS, self._handler("list"))
        add("POST", _EVENTS, self._handler("insert"))
        for method, operation in (
            ("GET", "get"),
            ("PATCH", "patch"),
            ("PUT", "update"),
            ("DELETE", "delete"),
        ):
            add(method, _EVENTS + "/{event_id}", self._handler(operation))
        add("*", "/{anything:.*}", self._unknown)
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
            query = list(request.query.items())
            body: Any = None
            try:
                if request.can_read_body:
                    body = _json(await request.text())
                self._authorise(operation, request)
                status, answer = self._played(operation, request, query, body)
            except GoogleError as error:
                status, answer = error.status, error.body()
                self.ledger.write("refused", status=status, reason=error.reason, operation=operation)
                if error.breach:
                    self.ledger.write("breach", what=f"{operation}: {error.reason}", detail=error.message)
            self.exchanges.append(
                Exchange(
                    method=request.method,
                    path=request.path,
                    query=query,
                    body=body,
                    status=status,
                    answer=answer,
                    connection=self._connection(request),
                )
            )
            if self.faults.take_loss(operation) and request.transport is not None:
                request.transport.abort()
            await asyncio.sleep(self.faults.seconds_after(operation))
            return _response(status, answer)

        return handle

    def _connection(self, request: web.Request) -> int:
        one = request.protocol
        if one not in self._connections:
            assert self._runner is not None
            assert self._runner.server is not None
            live = self._runner.server.connections  # the others are forgotten: there may be many
            self._connections = {each: self._connections[each] for each in live if each in self._connections}
            self._connections[one] = next(self._counted)
        return self._connections[one]

    def _played(
        self, operation: str, request: web.Request, query: list[tuple[str, str]], body: Any
    ) -> tuple[int, Any]:
        """Status and answer, unless a fault says otherwise. Raises GoogleError."""
        failure = self.faults.take_failure(operation)
        if failure is None or failure.after:
            check_parameters(operation, query)
            done = self._do(operation, request, query, body)
        if failure is not None:
            raise GoogleError(failure.status, failure.reason, "A fault was asked for.")
        return done

    def _do(
        self, operation: str, request: web.Request, query: list[tuple[str, str]], body: Any
    ) -> tuple[int, Any]:
        calendars, write = self._calendars, self.ledger.write
        if operation in ("freebusy", "list", "get"):
            calendars = self._as_seen_now()
        calendar_id = request.match_info.get("calendar_id", "")
        event_id = request.match_info.get("event_id", "")
        if_match = request.headers.get("If-Match")
        match operation:
            case "freebusy":
                answer = free_busy(calendars, body)
                ids = [item.get("id") for item in body["items"]]
                write("freebusy", ids=ids, start=body["timeMin"], end=body["timeMax"])
            case "list":
                answer = list_events(calendars, calendar_id, query, self.page_cap)
                asked = dict(query)
                write("listed", calendar=calendar_id, start=asked.get("timeMin"), end=asked.get("timeMax"))
            case "insert":
                answer = calendars.insert(calendar_id, body)
                self._wrote("inserted", answer)
            case "get":
                answer = calendars.get(calendar_id, event_id)
                write("got", id=event_id)
            case "patch":
                answer = calendars.patch(calendar_id, event_id, body, if_match)
                self._wrote("patched", answer)
            case "update":
                answer = calendars.update(calendar_id, event_id, body, if_match)
                self._wrote("updated", answer)
            case _:
                calendars.delete(calendar_id, event_id, if_match)
                write("deleted", id=event_id)
                return 204, None
        return 200, answer

    def _as_seen_now(self) -> KeptCalendars:
        if self._lag is None or self._calendars.changes is None:
            return self._calendars
        (up_to, random), changes, now = self._lag, self._calendars.changes, self._now()
        while changes and changes[0].at < now - up_to:
            changes.popleft()
        return self._calendars.as_of(now - up_to * random.random())

    def _wrote(self, kind: str, event: Event) -> None:
        start, end = (event[name].get("dateTime", event[name].get("date")) for name in ("start", "end"))
        self.ledger.write(kind, id=event["id"], start=start, end=end, summary=event.get("summary", ""))

    def _authorise(self, operation: str, request: web.Request) -> None:
        header = request.headers.get("Authorization")
        scopes = self._tokens.scopes_of(header or "")
        if scopes is None:
            raise GoogleError(401, "authError", "Invalid Credentials", breach=header is None)
        if not scopes & SCOPES[operation]:
            raise GoogleError(403, "insufficientPermissions", "Insufficient Permission", breach=True)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.faults.seconds_before("token"))
        form = {name: str(value) for name, value in (await request.post()).items()}
        failure = self.faults.take_failure("token")
        if failure is not None:
            return web.json_response({"error": failure.reason}, status=failure.status)
        try:
            return web.json_response(self._tokens.grant(form))
        except TokenRefused as refused:
            self.ledger.write("breach", what=f"token: {refused.error}", detail=refused.description)
            answer = {"error": refused.error, "error_description": refused.description}
            return web.json_response(answer, status=400)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        self.ledger.write("breach", what="no such method", detail=f"{request.method} {request.path}")
        return _response(404, GoogleError(404, "notFound", "Not Found").body())


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise GoogleError(400, "parseError", "Parse Error", breach=True) from None


def _response(status: int, answer: Any) -> web.StreamResponse:
    if answer is None:
        return web.Response(status=status)
    etag = answer.get("etag") if status == 200 else None
    return web.json_response(answer, status=status, headers={"ETag": etag} if etag else None)
