"""Brings to an end what a process left behind: bookings, moves, cancellations, texts, holds; sends mail.

Every process runs this every few seconds; the store hands each row to one of them at a time.
What cannot be settled now stays as it is, and is due again a minute later. Read next:
`unfinished.py` for what becomes of a reservation, `unsent.py` for what becomes of a text,
`mails.py` for what becomes of a mail. A mail server may take its time: no sweep waits for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from tools.kit import Kit
from tools.mails import settle_mail
from tools.ports import CalendarError, MailError, SmsError
from tools.store import UNFINISHED_AFTER, BookingGone, Channel, HoldGone, Reservation, StoreError, Text
from tools.unfinished import StillOpen, settle_reservation
from tools.unsent import settle_text

log = structlog.get_logger(__name__)

EVERY_S = 5.0  # between two sweeps: a hold that ran out must not stand for ten seconds more
AT_ONCE = 20  # rows per sweep and kind
# Nothing is begun that could outlast the claim: after UNFINISHED_AFTER another process takes it up.
CLAIM_USED_FOR = UNFINISHED_AFTER / 2
MAILS_AT_ONCE = 4  # connections to the mail server
# For the mails being sent when a process stops: what became of one that is cut off, nobody can tell.
STOP_S = 10.0

Row = TypeVar("Row", Reservation, Text)


class Swept(msgspec.Struct):
    """What one sweep did."""

    holds: int = 0  # run out, ended
    reservations: int = 0  # brought to an end, or looked at
    texts: int = 0
    mails: int = 0  # begun to be sent
    open: int = 0  # could not be settled now


class Recovery:
    """The sweeper of one process. Any number of processes may have one."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._mails: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(MAILS_AT_ONCE)

    async def run(self) -> None:
        """Sweep until cancelled; then the mails being sent get STOP_S more."""
        try:
            while True:
                await self._sweep()
                await asyncio.sleep(EVERY_S)
        finally:
            await self._mails_are_out(STOP_S)

    async def sweep(self) -> Swept:
        """Settle what is due, mails as well. Never raises."""
        swept = await self._sweep()
        await self._mails_are_out()
        return swept

    async def _sweep(self) -> Swept:
        kit, swept = self._kit, Swept()
        try:
            swept.holds = await kit.store.expire_holds(now=kit.clock.now())
            until = kit.clock.now() + CLAIM_USED_FOR
            for row in await kit.store.claim_due(now=kit.clock.now(), most=AT_ONCE):
                done = kit.clock.now() < until and await self._settled(row, settle_reservation)
                swept.reservations += done
                swept.open += not done
            until = kit.clock.now() + CLAIM_USED_FOR
            for text in await kit.store.claim_due_texts(now=kit.clock.now(), most=AT_ONCE):
                if text.channel is Channel.EMAIL:
                    self._begin_mail(text, until)
                    swept.mails += 1
                    continue
                done = kit.clock.now() < until and await self._settled(text, settle_text)
                swept.texts += done
                swept.open += not done
        except StoreError as error:
            log.warning("sweep_failed", error=type(error).__name__)
        if swept != Swept():
            log.info("recovered", **msgspec.structs.asdict(swept))
        return swept

    def _begin_mail(self, text: Text, until: datetime) -> None:
        """Send it beside everything else, if a connection is to be had while the claim lasts."""

        async def send() -> None:
            async with self._connections:
                if self._kit.clock.now() < until:
                    await self._settled(text, settle_mail)

        task = asyncio.create_task(send(), name="mail")
        self._mails.add(task)
        task.add_done_callback(self._mails.discard)

    async def _mails_are_out(self, within_s: float | None = None) -> None:
        """Wait for the mails being sent; after `within_s` those that still are get cancelled."""
        if not self._mails:
            return
        _, late = await asyncio.wait(self._mails, timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _settled(self, row: Row, settle: Callable[[Kit, Row], Awaitable[None]]) -> bool:
        try:
            await settle(self._kit, row)
        except (HoldGone, BookingGone):
            return True  # its own process, or another, was faster
        except (StoreError, CalendarError, SmsError, MailError, StillOpen) as error:
            log.warning("not_settled", kind=type(row).__name__, error=type(error).__name__)
            return False
        except Exception as error:  # the wide net: one row that breaks must not keep the others waiting
            log.error("recovery_broke", kind=type(row).__name__, error=type(error).__name__)
            return False
        return True
