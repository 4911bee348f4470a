"""A process of its own that wants every slot: `python -m tests.bridge.store.rival URL NAME`.

Says "ready", waits for a line, then tries to hold each slot and prints which it got.
"""

import asyncio
import json
import sys

from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, TWO_PM, hold
from tools.store import SlotTaken

SLOTS = 20


async def race(url: str, name: str) -> list[int]:
    """The numbers of the slots won."""
    store = await Store.open(url)
    await store.bookings.reservation("nothing")  # connected
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    won = []
    for slot in range(SLOTS):
        try:
            await hold(store.bookings, f"{name}-{slot}", start=TWO_PM + slot * HALF_HOUR)
        except SlotTaken:
            continue
        won.append(slot)
    await store.close()
    return won


if __name__ == "__main__":
    print(json.dumps(asyncio.run(race(sys.argv[1], sys.argv[2]))))  # noqa: T201
