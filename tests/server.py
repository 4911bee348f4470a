"""The real server between its stand-ins, for whole-server tests.

`serving` starts what `bridge.app.build` builds on a free port of this machine; only base URLs,
secrets and files differ from an owner's. The model stand-in gets the small ear, voice and mind of
`tests/bridge/harness/model_fakes.py`. Whatever outlives a test's server fails the test. Tests run
on the loop whose time jumps (`in_no_time`), so waiting costs nothing. Read next: line.py.
"""

import asyncio
import contextlib
import functools
import io
import json
import logging
import re
import secrets
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ParamSpec

import msgspec
import structlog
from aiohttp import ClientSession, TCPConnector, web

from bridge.app import build
from bridge.call.places import Places
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.leftovers import left_over, standing
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.turn import Pace
from bridge.harness.telephone.signed import Answer, SignedClient
from bridge.harness.telephone.stream_messages import Writer
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.harness.virtual_time import run_fast
from bridge.log import set_up_logs
from bridge.settings import read_settings
from bridge.store.calls import CallRow
from bridge.store.migrate import migrate
from bridge.store.report import Report
from bridge.store.store import Store
from tests.bridge.harness.model_fakes import INSTANT, Stage, stage_with
from tests.line import WAIT_S, Line

PUBLIC = "https://voice.example.test"  # what Twilio would sign; nothing listens there
ACCOUNT = "AC" + "0" * 32
AUTH_TOKEN = "auth-token-of-the-tests"
API_KEY = "key-of-the-tests"
NUMBER = "+12025550100"
CALLER = "+12025550143"
PERSON = "+12025550180"  # the business's handoff number
BUSINESS = Path(__file__).parent.parent / "recordings" / "business.toml"
BEGIN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # a Monday morning in the business's zone
# Ten turns, for every call that a test makes: the calls of one server share the model's script.
HELLO: list[Say | CallTool] = [Say("Hello, how can I help you?")]
SAYING_HELLO = [HELLO] * 10
GONE_S = 5.0
TOKEN = re.compile(r'name="token" value="([^"]+)"')

P = ParamSpec("P")
Rows = Callable[[Report], Awaitable[list[Any]]]


def in_no_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run an async test on the loop whose time jumps."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_fast(test(*args, **kwargs))

    return run


@contextlib.contextmanager
def logs_kept() -> Iterator[io.StringIO]:
    """Log as the server does, into a text; everything is as before afterwards."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up_logs("json", "info", stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """The servers around ours."""

    stage: Stage  # the model's
    calendar: CalendarStandin
    rest: TwilioRestStandin

    def environment(self, folder: Path) -> dict[str, str]:
        """What an owner would set, for a server that uses these."""
        url = f"sqlite:///{folder / 'bridge.db'}"
        return environment(self.stage.standin.url, self.calendar, self.rest, url)


def environment(
    model_url: str, calendar: CalendarStandin, rest: TwilioRestStandin, database_url: str
) -> dict[str, str]:
    """What an owner would set, for a server that uses these neighbours."""
    return {
        "PORT": "0",
        "PUBLIC_BASE_URL": PUBLIC,
        "DATABASE_URL": database_url,
        "OPENAI_API_KEY": API_KEY,
        "OPENAI_REALTIME_URL": model_url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_NUMBER": NUMBER,
        "TWILIO_API_URL": rest.url,
        "GOOGLE_CALENDAR_API_URL": calendar.url,
        "GOOGLE_SERVICE_ACCOUNT_JSON": json.dumps(calendar.service_account),
        "BUSINESS_FILE": str(BUSINESS),
        # A webhook alone opens no session, so that a test can count those of its streams; tests of legs
        # that wait say yes, and so do all recordings.
        "OPEN_MODEL_EARLY": "no",
    }


class Server:
    """A running server and all that a test may ask about it."""

    def __init__(
        self,
        url: str,
        stand: Stand,
        database_url: str,
        session: ClientSession,
        runner: web.AppRunner | None = None,
        log: io.StringIO | None = None,
    ) -> None:
        """`runner` and `log`: of a server in this process."""
        self.url = url
        self.stand = stand
        self.model = stand.stage.standin
        self.said = stand.stage.ledger  # the model stand-in's ledger
        self.database_url = database_url
        self.session = session
        self.client = SignedClient(session, url, PUBLIC, AUTH_TOKEN)
        self.lines: list[Line] = []
        self._runner = runner
        self._log = log or io.StringIO()

    async def leave(self) -> None:
        """All that SIGTERM leads to: callers are sent on while it still listens."""
        if self._runner is not None:
            await self._runner.shutdown()
        await self.stop()

    async def stop(self) -> None:
        """The end of what SIGTERM leads to; harmless when it is stopped."""
        if self._runner is not None:
            await self._runner.cleanup()

    def log(self) -> str:
        """What was logged so far."""
        return self._log.getvalue()

    async def post(self, path: str, call_sid: str, **more: str) -> Answer:
        """A webhook of Twilio's about a call."""
        form = {"AccountSid": ACCOUNT, "CallSid": call_sid, "From": CALLER, "To": NUMBER, **more}
        return await self.client.post(path, form)

    async def text(self, body: str, sid: str = "SM" + "1" * 32, **more: str) -> list[str]:
        """A text of the caller's comes in; the texts that it is answered with. `more`: of the form."""
        form = {"AccountSid": ACCOUNT, "MessageSid": sid, "From": CALLER, "To": NUMBER, "Body": body, **more}
        answer = await self.client.post("/twilio/sms", form)
        assert (answer.status, answer.content_type) == (200, "text/xml")
        document = ET.fromstring(answer.body)  # noqa: S314 - our own document
        assert [element.tag for element in document] == ["Message"] * len(document)
        return [element.text or "" for element in document]

    async def token(self, call_sid: str, **more: str) -> str:
        """The token in the answer to a call's first webhook."""
        answer = await self.post("/twilio/voice", call_sid, **more)
        found = TOKEN.search(answer.body)
        assert found is not None, answer.body
        return found[1]

    async def stream(self, call_sid: str, *, account_sid: str = ACCOUNT) -> Line:
        """A signed socket on which nothing has been said yet."""
        socket = await self.client.open_stream("/twilio/stream")
        line = Line(socket, Writer(account_sid, call_sid, "MZ" + secrets.token_hex(16)))
        self.lines.append(line)
        return line

    async def talking(self, call_sid: str, **more: str) -> Line:
        """A call whose caller hears the agent's first sound. `more`: of the webhook's form."""
        token = await self.token(call_sid, **more)
        line = await self.stream(call_sid)
        await line.start(token)
        await line.until("media")
        return line

    async def call(self, call_sid: str) -> CallRow:
        """The call's row, once it has an outcome."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for row in await self.rows(Report.calls):
                    if row.call_sid == call_sid and row.outcome is not None:
                        assert isinstance(row, CallRow)
                        return row
                await asyncio.sleep(0.05)

    async def rows(self, which: Rows) -> list[Any]:
        """Rows of the store as somebody else sees them, e.g. `rows(Report.calls)`."""
        return await rows_in(self.database_url, which)

    async def is_empty(self) -> bool:
        """True when the store holds nothing about any call."""
        kinds = (Report.calls, Report.turns, Report.tool_calls, Report.reservations, Report.texts)
        return not any([await self.rows(kind) for kind in (*kinds, Report.callbacks)])

    async def call_ended(self) -> dict[str, Any]:
        """The log line of the one call that ended, once it is there."""
        await until(lambda: bool(self.logged("call_ended")))
        (line,) = self.logged("call_ended")
        return line

    def logged(self, event: str) -> list[dict[str, Any]]:
        """Log lines of this name so far."""
        lines = [json.loads(line) for line in self.log().splitlines()]
        return [line for line in lines if line["event"] == event]


@contextlib.asynccontextmanager
async def stand_of(*turns: list[Say | CallTool], pace: Pace = INSTANT) -> AsyncIterator[Stand]:
    """The servers around ours; the model says these turns, one after another."""
    loop = asyncio.get_running_loop()
    async with (
        stage_with(*turns, pace=pace) as stage,
        CalendarStandin(Ledger("calendar", loop.time), now=lambda: BEGIN) as calendar,
        TwilioRestStandin(
            Ledger("rest", loop.time),
            now=lambda: BEGIN,
            account_sid=ACCOUNT,
            auth_token=AUTH_TOKEN,
            numbers=[NUMBER],
        ) as rest,
    ):
        for chair in ("chair-1@maplestreet.example", "chair-2@maplestreet.example"):
            calendar.add_calendar(chair, "America/New_York")
        yield Stand(stage=stage, calendar=calendar, rest=rest)


@contextlib.asynccontextmanager
async def serving(
    *turns: list[Say | CallTool],
    pace: Pace = INSTANT,
    folder: Path | None = None,
    places: Places | None = None,
    **environment: str,
) -> AsyncIterator[Server]:
    """The real server, started and stopped; then nothing of it may be left.

    `environment` overrides settings; `folder` keeps the database; `places`: it is one of several workers.
    """
    before = standing()
    with logs_kept() as log, tempfile.TemporaryDirectory(prefix="callbridge-") as temporary:
        async with stand_of(*turns or SAYING_HELLO, pace=pace) as stand:
            settings = read_settings({**stand.environment(folder or Path(temporary)), **environment})
            await migrate(settings.database_url)
            app = await build(settings, pinned=BEGIN, places=places)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
            await runner.setup()
            try:
                # Another process of the same server may listen beside it: tests that restart it do.
                await web.TCPSite(runner, "127.0.0.1", 0, reuse_port=True).start()
                async with ClientSession(connector=TCPConnector(force_close=True)) as session:
                    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
                    server = Server(url, stand, settings.database_url, session, runner, log)
                    yield server
                    for line in server.lines:
                        await line.socket.close()
            finally:
                await runner.cleanup()
    left, gone_after_s = await left_over(before, GONE_S)
    print(f"everything was gone after {gone_after_s:.3f} s")  # noqa: T201
    assert left == [], left


async def until(condition: Callable[[], bool], within_s: float = WAIT_S) -> None:
    """Wait until something is so; the loop's time, so a test that waits loses none. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - ledgers and log have no event for it
            await asyncio.sleep(0.02)


async def rows_in(database_url: str, which: Rows) -> list[Any]:
    """Rows of a store, e.g. `rows_in(url, Report.calls)`."""
    store = await Store.open(database_url)
    try:
        return await which(store.report)
    finally:
        await store.close()
