"""The composition root: the only place that knows every part.

`build` makes one server from settings; everything else receives what it needs as arguments.
To find a frame's way start at `twilio/stream.py`, a tool call's at `tools/dispatch.py`.
"""

import asyncio
import contextlib
import gc
import os
import signal
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
import structlog
from aiohttp import web

from bridge.accepting import SharedSite
from bridge.call.clip_files import ClipError, load_clips
from bridge.call.keeper import SnapshotKeeper
from bridge.call.leg import Socket
from bridge.call.limits import CallLimits
from bridge.call.manners import Manners
from bridge.call.messages import Usage
from bridge.call.places import Places
from bridge.call.record import CallRecord
from bridge.call.resumption import Resumption
from bridge.call.switchboard import Switchboard
from bridge.call.timeline import Arrival
from bridge.handoff.desk import HandoffDesk
from bridge.realtime.connection import client_tls, connect
from bridge.realtime.prices import cost_micros, prices_of
from bridge.realtime.session_config import ConfigError, SessionConfig
from bridge.settings import NO_ACCOUNT, Settings
from bridge.store.journal import Journal
from bridge.store.spending import Till
from bridge.store.store import Store
from bridge.store.url import DatabaseUrlError
from bridge.twilio.admission import Admission
from bridge.twilio.call_over import CallOver
from bridge.twilio.calling_back import CallingBack
from bridge.twilio.handoff import handoff_address
from bridge.twilio.handover import Handover
from bridge.twilio.inbound import InboundTexts
from bridge.twilio.resuming import Resuming
from bridge.twilio.routes import TwilioRoutes
from bridge.workers import Worker
from tools.business import Business, Mode
from tools.business_file import BusinessFileError, load_business
from tools.calendar import Calendar
from tools.clock import Clock
from tools.codes import key_of
from tools.countries import with_home_country
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.google_auth import GoogleKeyError
from tools.greeting import Opening, opening_of
from tools.instructions import TASK, TASK_FILES, InstructionsError, render_instructions
from tools.legs import Legs
from tools.no_calendar import NoCalendar
from tools.owner import without_mail
from tools.sms import Sms
from tools.store import StoreUnavailable

log = structlog.get_logger(__name__)

# What `build` and `serve_until_stopped` refuse to start with; each text says what to do.
START_ERRORS = (
    BusinessFileError,
    InstructionsError,
    ClipError,
    ConfigError,
    DatabaseUrlError,
    GoogleKeyError,
    StoreUnavailable,
    OSError,  # the port is taken, a file cannot be read
)
STOP_S = 8.0  # live calls get so long to be sent on; Heroku kills after 30
CLOSE_S = 2.0  # what is still open then is closed
MICROS = 1_000_000  # millionths of a dollar
DAY_S = 24 * 3600.0
SWEEP_RETRY_S = 600.0
KEEPALIVE_S = 120.0  # longer than a router's own, so that it never meets a closed connection


async def build(
    settings: Settings, *, pinned: datetime | None = None, places: Places | None = None
) -> web.Application:
    """A server ready to run. `pinned`: the instant that counts as now (recordings); None: the real date.
    `places`: those it shares with other workers; None: it is the only one.

    Raises one of START_ERRORS, so that a mistake is found before the first call and not by a caller.
    """
    async with contextlib.AsyncExitStack() as stack:
        clock = Clock(pinned)
        business = with_home_country(load_business(settings.business_file), settings.twilio_number)
        store = await Store.open(
            settings.database_url,
            transcripts=settings.store_transcripts,
            on_dyno=settings.on_dyno,
            allow_temporary_sqlite=settings.allow_temporary_sqlite,
        )
        stack.push_async_callback(store.close)
        journal = Journal()
        stack.push_async_callback(journal.close)
        till = Till(store.spending, journal)
        stack.callback(till.empty)  # before the journal is closed
        calendar = open_calendar(settings, business)
        stack.push_async_callback(calendar.close)
        sms = Sms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            from_number=settings.twilio_number,
            api_url=settings.twilio_api_url,
        )
        stack.push_async_callback(sms.close)
        mail = None
        if settings.smtp_server is not None and settings.mail_from is not None:
            # Here, so that a server without mail does not carry aiosmtplib and icalendar: 4 MB.
            from tools.mail import Mail

            mail = Mail(settings.smtp_server, settings.mail_from)
        else:
            business = without_mail(business)
        dispatcher = Dispatcher(
            business=business,
            store=store.bookings,
            calendar=calendar,
            sms=sms,
            mail=mail,
            clock=clock,
            code_key=key_of(settings.twilio_auth_token),
        )
        stack.push_async_callback(dispatcher.free_busy.close)
        manners = Manners()
        definitions = tuple(dispatcher.definitions())
        template = read_template(settings.instructions_file, business.mode)

        def model_config(begins: Opening) -> SessionConfig:
            return SessionConfig(
                instructions=render_instructions(template, business, clock.now(), begins),
                tools=definitions,
                model=settings.openai_realtime_model,
                voice=settings.openai_voice,
                transcription_model=settings.openai_transcription_model or None,
                reasoning_effort=settings.openai_reasoning_effort,
                threshold=manners.threshold,
                silence_ms=round(manners.silence_s * 1000),
            )

        # A wrong placeholder or voice is found now.
        model_config(Opening(words=business.wording.opening))

        model_tls = client_tls(settings.openai_realtime_url)

        async def open_model(facts: CallFacts) -> Socket:
            return await connect(
                settings.openai_realtime_url,
                settings.openai_realtime_model,
                settings.openai_api_key,
                settings.openai_auth_header,
                facts.caller_number,
                model_tls,
            )

        def new_record(facts: CallFacts, begins: Resumption, arrival: Arrival) -> CallRecord:
            return CallRecord(
                facts,
                business=business,
                calls=store.calls,
                bookings=store.bookings,
                handoffs=store.handoffs,
                till=till,
                journal=journal,
                clock=clock,
                keeper=SnapshotKeeper(
                    facts,
                    begins,
                    store=store.resuming,
                    journal=journal,
                    transcripts=settings.store_transcripts,
                ),
                stream=begins.stream,
                arrival=arrival,
            )

        prices = prices_of(settings.openai_realtime_model)

        def price(usage: Usage) -> int:
            return cost_micros(usage, prices)

        switchboard = Switchboard(
            places=places or Places(settings.max_calls),
            manners=manners,
            clips=load_clips(settings.lines_file),
            open_model=open_model,
            # With several workers the stream mostly reaches another one than the webhook did.
            open_early=settings.open_model_early and places is None,
            opening=lambda facts: opening_of(business, facts),
            model_config=model_config,
            tools=dispatcher,
            keep_fresh=dispatcher.free_busy.kept_fresh,
            new_record=new_record,
            limits=CallLimits(
                longest_s=settings.max_call_minutes * 60.0,
                most_micros=settings.max_dollars_per_call * MICROS or None,
            ),
            price=price,
            clock=clock,
        )
        legs = Legs(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            from_number=settings.twilio_number,
            api_url=settings.twilio_api_url,
            may_ring=business.may_ring,
        )
        stack.push_async_callback(legs.close)
        resuming = Resuming(store=store.resuming, business=business, clock=clock)
        calling_back = CallingBack(
            calls=store.calls, bookings=store.bookings, resuming=resuming, business=business, clock=clock
        )
        desk = HandoffDesk(
            handoffs=store.handoffs,
            calls=store.calls,
            calling_back=calling_back,
            telephone=legs,
            address=partial(handoff_address, settings.public_base_url),
            business=business,
            journal=journal,
            clock=clock,
        )
        stack.push_async_callback(desk.close)
        handover = Handover(switchboard, clock)
        call_over = CallOver(
            calls=store.calls,
            handoffs=store.handoffs,
            calling_back=calling_back,
            journal=journal,
            clock=clock,
        )
        stack.callback(call_over.flush)  # before the journal is closed
        twilio = TwilioRoutes(
            public_base_url=settings.public_base_url,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            business=business,
            switchboard=switchboard,
            calls=store.calls,
            bookings=store.bookings,
            admission=Admission(
                calls_per_hour=settings.max_calls_per_hour,
                micros_per_day=settings.max_dollars_per_day * MICROS or None,
                business=business,
                switchboard=switchboard,
                calls=store.calls,
                spending=store.spending,
                clock=clock,
            ),
            handover=handover,
            resuming=resuming,
            call_over=call_over,
            calling_back=calling_back,
            texts=InboundTexts(kit=dispatcher.kit, calls=store.calls, journal=journal),
            handoffs=store.handoffs,
            desk=desk,
            journal=journal,
            clock=clock,
        )
        sweeping = asyncio.create_task(
            sweep_daily(store, settings.retention_days, clock), name="retention sweep"
        )
        stack.push_async_callback(cancelled, sweeping)
        recovering = asyncio.create_task(dispatcher.recovery().run(), name="recovery")
        stack.push_async_callback(cancelled, recovering)

        handing_over = asyncio.create_task(desk.run(), name="handoffs")
        stack.push_async_callback(cancelled, handing_over)

        app = web.Application(client_max_size=64 * 1024)
        app.add_routes(twilio.table())
        app.add_routes(health_routes(switchboard))
        held = stack.pop_all()

    async def send_callers_on(_: web.Application) -> None:
        if switchboard.stopping:
            return  # both `shutdown` and `cleanup` of a runner get here
        sent_on = switchboard.live
        await switchboard.stop(STOP_S)
        await handover.done(expected=sent_on > 0)

    async def close_parts(_: web.Application) -> None:
        await held.aclose()

    app.on_shutdown.append(send_callers_on)
    app.on_cleanup.append(close_parts)
    return app


def open_calendar(settings: Settings, business: Business) -> Calendar | NoCalendar:
    """The business's calendars. Raises GoogleKeyError."""
    if settings.google_service_account_json == NO_ACCOUNT and not business.takes_bookings:
        return NoCalendar()
    return Calendar(
        api_url=settings.google_calendar_api_url,
        service_account=settings.google_service_account_json,
        zone=business.zone,
    )


def read_template(path: Path, mode: Mode) -> str:
    """The instructions' template with the task of a mode in it, from the file beside it. Raises OSError.

    An owner's template may hold no place for it: then it says everything itself.
    """
    template = path.read_text(encoding="utf-8")
    if TASK not in template:
        return template
    return template.replace(TASK, path.with_name(TASK_FILES[mode]).read_text(encoding="utf-8").strip())


async def sweep_daily(store: Store, retention_days: int, clock: Clock) -> None:
    """Forget what is older than the owner wants to keep, now and every day."""
    while True:
        try:
            swept = await store.sweep(now=clock.now(), retention_days=retention_days)
            log.info("swept", **msgspec.structs.asdict(swept))
            wait_s = DAY_S
        except Exception as error:  # whatever it was, forgetting must not stop for good
            log.warning("sweep_postponed", error=type(error).__name__)
            wait_s = SWEEP_RETRY_S
        await asyncio.sleep(wait_s)


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    await asyncio.wait([task])


def health_routes(switchboard: Switchboard) -> list[web.RouteDef]:
    """`/healthz`: the process is alive. `/readyz`: it takes calls."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "live_calls": switchboard.live})

    async def readyz(_: web.Request) -> web.Response:
        ready = not switchboard.stopping and not switchboard.is_full
        return web.json_response({"ready": ready}, status=200 if ready else 503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


async def serve_until_stopped(settings: Settings, worker: Worker | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then send every caller on and close everything.

    `worker`: what this process has from its parent, whose end then counts as a SIGTERM; None: it is alone.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if worker is not None:
        worker.when_orphaned(stop.set)
    runner = web.AppRunner(
        await build(settings, places=None if worker is None else worker.places),
        access_log=None,  # aiohttp's line would name callers' addresses; ours has what matters
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=CLOSE_S,
    )
    try:
        await runner.setup()
        if worker is None:
            await web.TCPSite(runner, "0.0.0.0", settings.port).start()  # noqa: S104 - a web server listens
        else:
            await SharedSite(runner, worker.listening, worker.places).start()
        # What stands now stands for ever. Looked through at every full collection, it would stop all calls
        # for some frames' time. Each worker does so for what it made itself, besides its parent before.
        gc.collect()
        gc.freeze()
        if worker is not None:
            worker.is_ready()
        log.info("serving", port=settings.port, pid=os.getpid())
        await stop.wait()
        log.info("stopping")
        # Still listening: whoever is sent on asks /twilio/next here, and new calls go to a person.
        await runner.shutdown()
    finally:
        await runner.cleanup()
