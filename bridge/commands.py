"""What each command does, once settings are read and logs set up.

Shell. `__main__.py` parses the command line; `app.py` builds the server. Exit status: 0 done,
2 refused with a reason on stderr.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop
from aiohttp import web

from bridge.app import START_ERRORS, build, serve_until_stopped
from bridge.call.places import Places
from bridge.settings import Settings
from bridge.store.up_to_date import bring_up_to_date
from bridge.workers import REFUSED, Workers
from tools.business_file import load_business
from tools.owner import owner_warnings
from tools.text_warnings import text_warnings


def serve(settings: Settings, workers: int = 1) -> int:
    """Answer calls until SIGTERM or Ctrl-C, in so many processes."""
    if settings.database_url.startswith("sqlite"):
        # One file beside the server: there is nobody to agree with on when.
        status = _run(lambda: bring_up_to_date(settings.database_url))
        if status:
            return status
    if workers == 1:
        return _run(lambda: serve_until_stopped(settings))
    try:
        load_business(settings.business_file)  # here once, and no worker looks up the holidays again
        parent = Workers(
            settings.port,
            workers,
            Places(settings.max_calls, workers),
            lambda worker: _run(lambda: serve_until_stopped(settings, worker)),
        )
    except START_ERRORS as error:
        return _refused(error)
    return parent.run()


def migrate(settings: Settings) -> int:
    """Bring the tables up to date."""

    async def run() -> None:
        # Here, so that a server whose tables are up to date does not carry Alembic.
        from bridge.store.migrate import migrate as migrate_tables

        await migrate_tables(settings.database_url)
        print("The tables are up to date.")  # noqa: T201

    return _run(run)


def check(settings: Settings) -> int:
    """Build the whole server and take it down again: whatever is wrong, or dear, is said."""

    async def run() -> None:
        runner = web.AppRunner(await build(settings))
        await runner.setup()
        await runner.cleanup()
        business = load_business(settings.business_file)
        mails = settings.smtp_server is not None and settings.mail_from is not None
        for warning in [*text_warnings(business), *owner_warnings(business, mails=mails)]:
            print(f"{settings.business_file.name}: {warning}")  # noqa: T201
        print("Settings, business file, instructions and key are in order.")  # noqa: T201

    return _run(run)


def _run(command: Callable[[], Coroutine[Any, Any, None]]) -> int:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(command())
    except START_ERRORS as error:
        return _refused(error)
    return 0


def _refused(error: Exception) -> int:
    print(f"callbridge cannot start: {error}", file=sys.stderr)  # noqa: T201
    return REFUSED
