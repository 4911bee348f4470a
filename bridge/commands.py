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
from bridge.settings import Settings
from bridge.store.migrate import migrate as migrate_tables
from tools.business_file import load_business
from tools.owner import owner_warnings
from tools.text_warnings import text_warnings


def serve(settings: Settings) -> int:
    """Answer calls until SIGTERM or Ctrl-C."""

    async def run() -> None:
        if settings.database_url.startswith("sqlite"):
            await migrate_tables(settings.database_url)  # one file beside one process: nothing to agree on
        await serve_until_stopped(settings)

    return _run(run)


def migrate(settings: Settings) -> int:
    """Bring the tables up to date."""

    async def run() -> None:
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
        print(f"callbridge cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0
