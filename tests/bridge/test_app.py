"""The composition root: what starts, what refuses to, what health says, and that all of it goes away."""

import asyncio
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from bridge.app import DAY_S, START_ERRORS, SWEEP_RETRY_S, build, cancelled, read_template, sweep_daily
from bridge.harness.leftovers import left_over, standing
from bridge.settings import Settings, read_settings
from bridge.store.migrate import migrate
from bridge.store.retention import Swept
from bridge.store.store import Store
from tests.bridge.harness.mail_support import standin
from tests.bridge.store.examples import NOW, book
from tests.server import BEGIN, GONE_S, in_no_time, serving, stand_of
from tools.business import Mode
from tools.clock import Clock
from tools.store import Channel, Notice, StoreUnavailable

CALL = "CA" + "1" * 32
ROUTES = {
    ("POST", "/twilio/voice"),
    ("GET", "/twilio/stream"),
    ("POST", "/twilio/next"),
    ("POST", "/twilio/handoff"),
    ("POST", "/twilio/handoff/person"),
    ("POST", "/twilio/handoff/key"),
    ("POST", "/twilio/handoff/status"),
    ("POST", "/twilio/handoff/over"),
    ("POST", "/twilio/handoff/back"),
    ("POST", "/twilio/status"),
    ("POST", "/twilio/sms"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
}


async def settings_for(folder: Path, **environment: str) -> Settings:
    """Settings for a server whose neighbours are not there any more: nobody asks them at the start."""
    async with stand_of() as stand:
        return read_settings({**stand.environment(folder), **environment})


async def started_and_stopped(app: web.Application) -> None:
    """As `bridge check` does: no port is opened."""
    runner = web.AppRunner(app)
    await runner.setup()
    await runner.cleanup()


@in_no_time
async def test_routes(tmp_path: Path) -> None:
    """The addresses that Twilio and the host are told."""
    app = await build(await settings_for(tmp_path))
    found = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    assert {(method, path) for method, path in found if method != "HEAD"} == ROUTES
    await started_and_stopped(app)


@in_no_time
async def test_building_opens_nothing_that_stays(tmp_path: Path) -> None:
    """A server that was built and never run leaves no task, thread or socket behind."""
    settings = await settings_for(tmp_path)
    before = standing()
    app = await build(settings)
    assert standing() != before
    await started_and_stopped(app)
    assert (await left_over(before, GONE_S))[0] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"GOOGLE_SERVICE_ACCOUNT_JSON": "no key"},
        {"GOOGLE_SERVICE_ACCOUNT_JSON": "none"},
        {"BUSINESS_FILE": "prompts/receptionist.md"},
        {"INSTRUCTIONS_FILE": "tests/server.py"},
        {"LINES_FILE": "recordings/business.toml"},
        {"DYNO": "web.1"},
        {"DATABASE_URL": "sqlite://"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
@in_no_time
async def test_what_cannot_start_leaves_nothing(wrong: dict[str, str], tmp_path: Path) -> None:
    """A mistake is found before the first call, and what was opened until then is closed."""
    settings = await settings_for(tmp_path, **wrong)
    before = standing()
    with pytest.raises(START_ERRORS):
        await build(settings)
    assert (await left_over(before, GONE_S))[0] == []


def test_the_task_stands_in_its_place(tmp_path: Path) -> None:
    """The file of the mode, from beside the template; a template without a place for it says all itself."""
    (tmp_path / "mine.txt").write_text("Be kind.\n{task}\nGoodbye.\n", encoding="utf-8")
    (tmp_path / "booking.md").write_text("Book.\n", encoding="utf-8")
    (tmp_path / "leads.md").write_text("Listen.\n", encoding="utf-8")
    assert read_template(tmp_path / "mine.txt", Mode.BOOKINGS) == "Be kind.\nBook.\nGoodbye.\n"
    assert read_template(tmp_path / "mine.txt", Mode.LEADS) == "Be kind.\nListen.\nGoodbye.\n"
    (tmp_path / "leads.md").unlink()
    with pytest.raises(OSError, match=r"leads\.md"):
        read_template(tmp_path / "mine.txt", Mode.LEADS)
    (tmp_path / "mine.txt").write_text("Be kind.\n", encoding="utf-8")
    assert read_template(tmp_path / "mine.txt", Mode.LEADS) == "Be kind.\n"


@in_no_time
async def test_health() -> None:
    """Alive: the process answers. Ready: it takes calls."""
    async with serving() as server:
        await server.talking(CALL)
        for path, status, body in (
            ("/healthz", 200, {"ok": True, "live_calls": 1}),
            ("/readyz", 200, {"ready": True}),
        ):
            async with server.session.get(server.url + path) as answer:
                assert (answer.status, await answer.json()) == (status, body)


@in_no_time
async def test_health_tells_nothing_else() -> None:
    """Neither address names a caller, a version or a path, and an error page does not either."""
    async with serving() as server:
        for path in ("/", "/healthz/", "/.env", "/twilio", "/desk/../.env"):
            async with server.session.get(server.url + path) as answer:
                assert answer.status == 404
                assert await answer.text() == "404: Not Found"


@in_no_time
async def test_two_servers_on_one_database(tmp_path: Path) -> None:
    """Any process answers for a call that another one held."""
    async with serving(folder=tmp_path) as first:
        line = await first.talking(CALL)
        await line.send(line.writer.dtmf("0"))
        await line.closed()
    async with serving(folder=tmp_path) as second:
        answer = await second.post("/twilio/next", CALL)
        assert "<Dial " in answer.body
        assert "<Say>" not in answer.body  # as agreed with the caller: no apology


class Sweeper:
    """A store that keeps when it was swept, and is away the second time."""

    def __init__(self) -> None:
        self.swept: list[datetime] = []

    async def sweep(self, *, now: datetime, retention_days: int) -> Swept:
        assert retention_days == 30
        self.swept.append(now)
        if len(self.swept) == 2:
            raise StoreUnavailable("away")
        return Swept(**dict.fromkeys(Swept.__struct_fields__, 0))


@in_no_time
async def test_sweeping_every_day() -> None:
    """What is old is forgotten at the start and once a day; a lost database postpones it, not for long."""
    store, clock = Sweeper(), Clock(BEGIN)
    sweeping = asyncio.create_task(sweep_daily(store, 30, clock))  # type: ignore[arg-type]
    await asyncio.sleep(timedelta(days=2, hours=1).total_seconds())
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(store.swept)]
    assert [round(wait) for wait in waits] == [DAY_S, SWEEP_RETRY_S, DAY_S]
    await cancelled(sweeping)
    assert sweeping.cancelled()


@in_no_time
async def test_settings_reach_what_they_are_for() -> None:
    """Voice, model and transcription of the environment are what the model's session gets."""
    async with serving(
        OPENAI_VOICE="cedar", OPENAI_TRANSCRIPTION_MODEL="", OPENAI_AUTH_HEADER="api-key"
    ) as server:
        await server.talking(CALL)
        session = next(server.said.of("configured")).data["session"]
        assert session["audio"]["output"]["voice"] == "cedar"
        assert session["audio"]["input"]["transcription"] is None
        assert next(server.said.of("connected")).data["authorization"] is False
        assert "Maple Street Dental" in session["instructions"]
        assert "2026-11-23" in session["instructions"]  # the pinned date


@in_no_time
async def test_a_mail_that_waits_is_sent(tmp_path: Path) -> None:
    """With a mail server in the settings, any process sends what was queued with a booking."""
    async with standin() as mail:
        settings = await settings_for(tmp_path, SMTP_URL=mail.url, MAIL_FROM="hello@maplestreet.example")
        await migrate(settings.database_url)
        store = await Store.open(settings.database_url)
        notice = Notice(
            kind="confirmation",
            channel=Channel.EMAIL,
            to="dana@example.com",
            subject="Your cleaning",
            body="See you.",
            due_at=NOW,
        )
        await book(store.bookings, notices=(notice,))
        await store.close()
        arrived = asyncio.Event()
        mail.ledger.watch(lambda _, entry: arrived.set() if entry.kind == "mail" else None)
        runner = web.AppRunner(await build(settings, pinned=NOW + timedelta(minutes=2)))
        await runner.setup()
        await arrived.wait()
        await runner.cleanup()
        [received] = mail.mails
        assert (received.to, received.subject) == ("dana@example.com", "Your cleaning")


UNNEEDED = ("aiosmtplib", "icalendar", "holidays", "asyncpg", "alembic", "numpy", "bridge.harness")


def test_a_server_does_not_carry_what_it_does_not_need() -> None:
    """What only some owners need, or only `bridge migrate` and `replay`, is loaded for them only: the idle
    server is small and starts soon.
    """
    look = f"import bridge.commands, sys; print(sorted(set({UNNEEDED!r}) & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)  # noqa: S603
    assert shown.stdout.strip() == "[]"


def test_start_errors_are_for_people() -> None:
    """None of them is so wide that a mistake of ours would pass for a reason."""
    assert Exception not in START_ERRORS
    assert not any(issubclass(error, web.HTTPException | msgspec.MsgspecError) for error in START_ERRORS)
