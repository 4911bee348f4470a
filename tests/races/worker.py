"""A racing process: `python -m tests.races.worker PLAN`, where PLAN is a `racer.Plan` in JSON."""

import asyncio
import logging
import sys

import msgspec
import structlog

from bridge.store.connect import open_database
from bridge.store.store import Store
from tests.races.google_racer import GoogleRacer, google_of, sms_of
from tests.races.naive import NaiveRacer
from tests.races.racer import Plan
from tests.races.store_racer import StoreRacer


async def race(plan: Plan) -> None:
    """Race to the end of the plan."""
    database = open_database(plan.database_url)
    store = Store(database)
    if plan.kind == "google":
        calendar, sms = google_of(plan), sms_of(plan)
        await GoogleRacer(plan, store, calendar, sms).race()
        await calendar.close()
        await sms.close()
    elif plan.kind == "naive":
        await NaiveRacer(plan, store, database).race()
    else:
        await StoreRacer(plan, store).race()
    await store.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(race(msgspec.json.decode(sys.argv[1], type=Plan)))
