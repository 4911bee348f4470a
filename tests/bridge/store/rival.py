"""A process of its own that wants everything: `python -m tests.bridge.store.rival URL NAME WHAT`.

Says "ready", waits for a line, then tries to get each of them and prints which it got. WHAT is
"slots" to hold, "codes" to use up, or "texts" to queue of which only some are allowed.
"""

import asyncio
import json
import sys

from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, NOW, TWO_PM, hold
from tools.store import CodeCheck, SlotTaken, TextCaps, TooManyTexts

SLOTS = 20  # and codes
DANA = "+12025550143"
ALLOWED = TextCaps(per_call=99, per_number=99, in_all=7)  # texts


async def race(url: str, name: str, what: str) -> list[int]:
    """The numbers of what was won."""
    store = await Store.open(url)
    await store.bookings.reservation("nothing")  # connected
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    won = []
    for slot in range(SLOTS):
        if await WANTED[what](store, name, slot):
            won.append(slot)
    await store.close()
    return won


async def hold_slot(store: Store, name: str, number: int) -> bool:
    try:
        await hold(store.bookings, f"{name}-{number}", start=TWO_PM + number * HALF_HOUR)
    except SlotTaken:
        return False
    return True


async def use_code(store: Store, name: str, number: int) -> bool:
    call_sid = f"CA{number}"
    answer = await store.bookings.check_code(
        number=DANA, call_sid=call_sid, digest=call_sid, now=NOW, tries=3
    )
    return answer is CodeCheck.RIGHT


async def queue_text(store: Store, name: str, number: int) -> bool:
    try:
        await store.bookings.queue_text(
            reservation_id=None, kind="k", to=DANA, body="B", call_sid=name, now=NOW, caps=ALLOWED
        )
    except TooManyTexts:
        return False
    return True


WANTED = {"slots": hold_slot, "codes": use_code, "texts": queue_text}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(race(*sys.argv[1:]))))  # noqa: T201
