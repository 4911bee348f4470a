"""One run of one recording: four parties and our server, joined by sockets alone.

Starts the stand-ins on free ports, builds the real server with nothing changed but its base
URLs and the date, lets the caller call, stops everything and gathers the evidence. Read
`replay.py` for the command, `checker.py` for what is proven from the evidence.
"""

import asyncio
import contextlib
import io
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from bridge.app import build
from bridge.harness.evidence import Evidence, Rows
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.hearing import Ear, Recogniser
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.leftovers import left_over, standing
from bridge.harness.mail.standin import MailStandin
from bridge.harness.model.policy import Receptionist
from bridge.harness.model.policy_types import Policy
from bridge.harness.model.standin import ModelStandin
from bridge.harness.recording import PolicyOptions, Recording
from bridge.harness.sound import mulaw_of_wav
from bridge.harness.speech import PhraseBank
from bridge.harness.telephone.caller import CallerStep
from bridge.harness.telephone.person import Person
from bridge.harness.telephone.telephone import Telephone
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.harness.world import book_before, fill_calendars, let_others_book
from bridge.log import set_up_logs
from bridge.settings import Settings, read_settings
from bridge.store.migrate import migrate
from bridge.store.report import Report
from bridge.store.store import Store
from tools.business import Business
from tools.business_file import load_business
from tools.clock import Clock
from tools.store import Text

PUBLIC_BASE_URL = "https://voice.example.test"  # what Twilio would sign; nothing listens there
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "auth-token-of-the-stand-in"  # noqa: S105 - made up
NUMBER = "+12025550100"
MAIL_FROM = "Maple Street Dental <hello@maplestreet.example>"
PARTIES = ("telephone", "model", "calendar", "rest", "mail")
NOISE_SEED = 7
LONGEST_S = 300.0
LOOK_EVERY_S = 0.02
Mind = Callable[[str, PolicyOptions], Policy]
MAIL_S = 10.0  # what is queued is sent within two of recovery's sweeps
MAIL_EVERY_S = 0.5
GONE_S = 5.0  # everything of a call is gone by then; how soon it really was is reported


class Watcher(Protocol):
    """Whoever looks on while a run goes."""

    def listen_to(self, spoken: Callable[[], dict[str, bytes]], heard: Callable[[], bytearray]) -> None:
        """Where the sound is: what the model spoke, by item, and what the caller heard."""

    def see(self, party: str, entry: Entry) -> None:
        """An entry was written into a party's ledger."""


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """The parties before the call, for whoever wants something to go wrong."""

    telephone: Telephone
    model: ModelStandin
    calendar: CalendarStandin
    rest: TwilioRestStandin
    mail: MailStandin


async def run_recording(
    recording: Recording,
    *,
    watcher: Watcher | None = None,
    folder: Path | None = None,
    arrange: Callable[[Parties], None] | None = None,
    caller: Callable[[Parties], Sequence[CallerStep]] | None = None,
    mind: Mind = Receptionist,
) -> Evidence:
    """Run to the end and gather the evidence.

    `folder` keeps the database; None: a temporary one. `arrange` is called once before the call.
    `caller` makes what the caller does, with the recording's clips; None: the recording's lines, in order.
    `mind`: what the model stand-in thinks with, made from the opening words and the recording's options.
    """
    log = io.StringIO()
    set_up_logs("json", "info", log)
    before = standing()
    with tempfile.TemporaryDirectory(prefix="callbridge-") as temporary:
        evidence = await _run(recording, folder or Path(temporary), watcher, arrange, caller, mind)
    leftovers, gone_after_s = await left_over(before, GONE_S)
    return msgspec.structs.replace(
        evidence,
        log_lines=log.getvalue().splitlines(),
        leftovers=leftovers,
        gone_after_s=gone_after_s,
    )


async def _run(
    recording: Recording,
    folder: Path,
    watcher: Watcher | None,
    arrange: Callable[[Parties], None] | None,
    caller: Callable[[Parties], Sequence[CallerStep]] | None,
    mind: Mind,
) -> Evidence:
    loop = asyncio.get_running_loop()
    business = load_business(recording.business)
    zone = ZoneInfo(business.zone)
    begin = recording.date.replace(tzinfo=zone)
    clock = Clock(begin)
    ledgers = {party: Ledger(party, loop.time) for party in PARTIES}
    async with contextlib.AsyncExitStack() as stack:
        calendar = await stack.enter_async_context(CalendarStandin(ledgers["calendar"], now=clock.now))
        rest = await stack.enter_async_context(
            TwilioRestStandin(
                ledgers["rest"],
                now=clock.now,
                account_sid=ACCOUNT_SID,
                auth_token=AUTH_TOKEN,
                numbers=[NUMBER],
            )
        )
        mail = await stack.enter_async_context(MailStandin(ledgers["mail"], now=clock.now))
        model = await stack.enter_async_context(
            _model(recording, business, mind, ledgers["model"], lambda: clock.now())
        )
        fill_calendars(calendar, business, recording)
        let_others_book(calendar, ledgers["model"], recording, zone)

        settings = _settings(recording, folder, calendar, rest, mail, model)
        await migrate(settings.database_url)
        async with _opened(settings.database_url) as store:
            await book_before(calendar, store.bookings, business, recording)
        if recording.calendar_down:
            calendar.be_down()
        server = web.AppRunner(await build(settings, pinned=clock.now()), access_log=None, shutdown_timeout=2)
        stack.push_async_callback(server.cleanup)
        await server.setup()
        site = web.TCPSite(server, "127.0.0.1", 0)
        await site.start()
        telephone = Telephone(
            f"http://127.0.0.1:{server.addresses[0][1]}",
            PUBLIC_BASE_URL,
            ACCOUNT_SID,
            AUTH_TOKEN,
            NUMBER,
            ledgers["telephone"],
            NOISE_SEED,
            clock=clock,
            latest_text=lambda: _latest_text(rest, recording.caller),
        )
        rest.put_through(telephone.exchange)
        telephone.exchange.person = Person(deed=recording.person)
        parties = Parties(telephone=telephone, model=model, calendar=calendar, rest=rest, mail=mail)
        if arrange is not None:
            arrange(parties)
        if watcher is not None:
            watcher.listen_to(lambda: model.spoken, lambda: telephone.heard_audio)
            for ledger in ledgers.values():
                ledger.watch(watcher.see)

        clips = {
            line.clip: mulaw_of_wav(recording.clip_path(line).read_bytes())
            for line in recording.lines
            if line.clip is not None
        }
        await telephone.call(
            recording.caller or None,
            recording.lines if caller is None else caller(parties),
            clips,
            attestation=recording.attestation,
            max_seconds=LONGEST_S,
        )
        model_open_after_s = await _model_closed(model, ledgers)
        await _all_sent(settings.database_url)
        await server.cleanup()
        return Evidence(
            recording=recording,
            **ledgers,
            sent_audio=bytes(telephone.sent_audio),
            heard_audio=bytes(telephone.heard_audio),
            received_audio=bytes(model.received_audio),
            early_bytes=model.early_bytes,
            spoken=dict(model.spoken),
            calendar_events=calendar.events,
            messages=rest.messages,
            mails=mail.mails,
            model_connections=model.connections,
            model_open_after_s=model_open_after_s,
            rows=await _rows(settings.database_url, clock),
            zone=zone,
            keep_for=timedelta(minutes=business.hold_minutes),
            owner_sms=business.owner.sms,
            owner_email=business.owner.email,
            log_lines=[],
            leftovers=[],
            gone_after_s=0.0,
        )


def _model(
    recording: Recording, business: Business, mind: Mind, ledger: Ledger, now: Callable[[], datetime]
) -> ModelStandin:
    lines = {line.clip: line for line in recording.lines if line.clip is not None}
    one_mind = mind(business.wording.opening, recording.policy)  # for every session of the call
    return ModelStandin(
        policy_factory=lambda: one_mind,
        ear_factory=Ear,
        recogniser=Recogniser(
            {clip: mulaw_of_wav(recording.clip_path(line).read_bytes()) for clip, line in lines.items()}
        ),
        bank=PhraseBank.load(),
        ledger=ledger,
        seed=NOISE_SEED,
        lines=lines,
        now=now,
    )


def _settings(
    recording: Recording,
    folder: Path,
    calendar: CalendarStandin,
    rest: TwilioRestStandin,
    mail: MailStandin,
    model: ModelStandin,
) -> Settings:
    """Nothing but base URLs, secrets and files: what an owner would set."""
    return read_settings(
        {
            "PORT": "0",
            "PUBLIC_BASE_URL": PUBLIC_BASE_URL,
            "DATABASE_URL": f"sqlite:///{folder / 'call.db'}",
            "OPENAI_API_KEY": "key-of-the-stand-in",
            "OPENAI_REALTIME_URL": model.url,
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_NUMBER": NUMBER,
            "TWILIO_API_URL": rest.url,
            "GOOGLE_CALENDAR_API_URL": calendar.url,
            "GOOGLE_SERVICE_ACCOUNT_JSON": json.dumps(calendar.service_account),
            "SMTP_URL": mail.url,
            "MAIL_FROM": MAIL_FROM,
            "BUSINESS_FILE": str(recording.business.resolve()),
        }
    )


async def _model_closed(model: ModelStandin, ledgers: dict[str, Ledger]) -> float | None:
    """Seconds from the end of the stream until the model's session was closed; None: it stayed open."""
    ended = max((entry.at for entry in ledgers["telephone"].of("stream_ended")), default=None)
    loop = asyncio.get_running_loop()
    until = loop.time() + GONE_S
    while model.open_connections and loop.time() < until:  # noqa: ASYNC110 - the stand-in has no event for it
        await asyncio.sleep(LOOK_EVERY_S)
    if model.open_connections:
        return None
    closed = max((entry.at for entry in ledgers["model"].of("closed")), default=None)
    return 0.0 if ended is None or closed is None else max(0.0, closed - ended)


async def _all_sent(url: str) -> None:
    """Wait until no mail and no word to the owner is waiting any more, or for long enough."""
    loop = asyncio.get_running_loop()
    until = loop.time() + MAIL_S
    async with _opened(url) as store:
        while loop.time() < until:
            texts = await store.report.texts()
            if not any(_is_on_its_way(text) for text in texts):
                return
            await asyncio.sleep(MAIL_EVERY_S)


def _is_on_its_way(text: Text) -> bool:
    """Whether recovery is about to send it, and not only when its hour comes."""
    at_once = text.channel == "email" or text.kind in ("callback", "cancelled")
    return at_once and text.state in ("pending", "sending")


def _latest_text(rest: TwilioRestStandin, number: str) -> str:
    """What the caller reads on their phone."""
    return next((one["body"] for one in reversed(rest.messages) if one["to"] == number), "")


@contextlib.asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Store]:
    store = await Store.open(url)
    try:
        yield store
    finally:
        await store.close()


async def _rows(url: str, clock: Clock) -> Rows:
    async with _opened(url) as store:
        return await rows_of(store.report, clock)


async def rows_of(report: Report, clock: Clock) -> Rows:
    """What the store says of its calls, now."""
    return Rows(
        at=clock.now(),
        calls=await report.calls(),
        turns=await report.turns(),
        tool_calls=await report.tool_calls(),
        reservations=await report.reservations(),
        texts=await report.texts(),
        callbacks=await report.callbacks(),
        leads=await report.leads(),
    )
