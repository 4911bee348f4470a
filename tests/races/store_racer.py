"""A process that races in the store alone: hold, book, move, cancel, release, text, and let expire.

The calendar's part is left out, so these go fast; `google_racer.py` has it.
"""

import uuid

from bridge.store.store import Store
from tests.races.journal import Op
from tests.races.racer import Plan, Racer, Slot, in_s, now
from tools.store import (
    BookingGone,
    BookingStore,
    HoldGone,
    Reservation,
    ReservationState,
    SlotTaken,
    StoreError,
)

MOST_BOOKED = 8  # by one process; above that it cancels
KEEP_S = (0.02, 0.5, 5.0)  # holds that run out before, while and after they are used


class StoreRacer(Racer):
    """See the module."""

    def __init__(self, plan: Plan, store: Store) -> None:
        super().__init__(plan)
        self._bookings: BookingStore = store.bookings
        self._booked: list[Reservation] = []

    async def step(self) -> None:
        dice = self.random.random()
        if dice < 0.02:
            await settle_without_calendar(self._bookings)
        elif self._booked and (len(self._booked) > MOST_BOOKED or dice < 0.15):
            await self._cancel(self._booked.pop(self.random.randrange(len(self._booked))))
        elif self._booked and dice < 0.3:
            await self._move(self._booked.pop(self.random.randrange(len(self._booked))))
        else:
            await self._hold_and_book()

    async def _hold_and_book(self) -> None:
        call, caller = self.new_call()
        held = await self._hold(await self.wish(), call, caller)
        if held is None:
            return
        dice = self.random.random()
        if dice < 0.15:
            return  # left to run out
        if dice < 0.3:
            op = self.journal.begin("release", call=call, hold=held.id)
            await self._try(op, self._bookings.release_hold(hold_id=held.id, call_sid=call, now=now()))
            return
        op = self.journal.begin("book", call=call, hold=held.id, **_place(held))
        booked = await self._book(op, held)
        if booked is not None:
            self._booked.append(booked)
            await self._text(booked)

    async def _move(self, old: Reservation) -> None:
        call, caller = self.new_call()
        slot = await self.wish()
        if self.random.random() < 0.5:  # a little: over its own time
            shift = self.random.choice((-1, 1))
            first = int(old.start.timestamp()) // 900 + shift
            slot = Slot(old.calendar_id, first, first + 2)
        held = await self._hold(slot, call, caller, moves=old)
        if held is None:
            self._booked.append(old)
            return
        op = self.journal.begin("move", call=call, hold=held.id, about=old.id, **_place(held))
        moved = await self._book(op, held, follow=old)
        self._booked.append(moved or old)

    async def _cancel(self, old: Reservation) -> None:
        op = self.journal.begin("cancel", about=old.id)

        async def cancel() -> Reservation:
            cancelled = ReservationState.CANCELLED
            await self._bookings.begin_leaving(reservation_id=old.id, ends_as=cancelled, now=now())
            return await self._bookings.finish_leaving(reservation_id=old.id, now=now())

        await self._try(op, cancel())

    async def _hold(
        self, slot: Slot, call: str, caller: str, moves: Reservation | None = None
    ) -> Reservation | None:
        moves_id = None if moves is None else moves.id
        op = self.journal.begin(
            "hold" if moves is None else "hold to move",
            call=call,
            caller=caller,
            calendar=slot.calendar,
            first=slot.first,
            last=slot.last,
        )
        at = now()
        keep_for = in_s(self.random.choice(KEEP_S))
        holding = self._bookings.hold(
            calendar_id=slot.calendar,
            service="cleaning",
            start=slot.start,
            end=slot.end,
            call_sid=call,
            caller_number=caller,
            now=at,
            keep_for=keep_for,
            moves_id=moves_id,
        )
        return await self._try(op, holding, until=(at + keep_for).timestamp())

    async def _book(self, op: Op, held: Reservation, follow: Reservation | None = None) -> Reservation | None:
        async def book() -> Reservation:
            await self._bookings.begin_booking(
                hold_id=held.id,
                call_sid=held.call_sid,
                event_id=uuid.uuid4().hex,
                customer_name="Dana Reed",
                now=now(),
            )
            booked = await self._bookings.finish_booking(reservation_id=held.id, now=now())
            if follow is not None and follow.calendar_id != booked.calendar_id:
                await self._bookings.finish_leaving(reservation_id=follow.id, now=now())
            return booked

        return await self._try(op, book())

    async def _text(self, booked: Reservation) -> None:
        op = self.journal.begin("text", call=booked.call_sid, about=booked.id)

        async def text() -> Reservation | None:
            queued = await self._bookings.queue_text(
                reservation_id=booked.id,
                kind="confirmation",
                to=booked.caller_number or "",
                body=booked.id,
                call_sid=booked.call_sid,
                now=now(),
            )
            claimed = await self._bookings.claim_text(text_id=queued.id, now=now())
            return booked if claimed else None

        await self._try(op, text())

    async def _try(self, op: Op, work: object, until: float = 0.0) -> Reservation | None:
        """Await `work` and write down how it ended; the row that came of it."""
        row = None
        try:
            row = await work  # type: ignore[misc]
        except SlotTaken:
            result = "taken"
        except (HoldGone, BookingGone):
            result = "gone"
        except StoreError:
            result = "unavailable"
        else:
            result = "ok"
        self.journal.end(op, result, row=row.id if row is not None else "", until=until)
        self.count()
        return row


async def settle_without_calendar(bookings: BookingStore, later_s: float = 0.0) -> int:
    """What recovery does, without a calendar to ask: end what was left. How much there was."""
    at = now() + in_s(later_s)
    try:
        found = await bookings.expire_holds(now=at)
        for row in await bookings.claim_due(now=at, most=50):
            found += 1
            match row.state:
                case ReservationState.BOOKING:
                    failed = ReservationState.FAILED
                    await bookings.end_booking(reservation_id=row.id, state=failed, now=at)
                case ReservationState.LEAVING:
                    await bookings.finish_leaving(reservation_id=row.id, now=at)
                case _:
                    await bookings.set_due(reservation_id=row.id, due_at=None)
    except StoreError:
        return 1  # somebody was faster, or the database was busy: it is due again
    return found


def _place(row: Reservation) -> dict[str, str | int]:
    quarters = int(row.start.timestamp()) // 900, int(row.end.timestamp()) // 900
    return {"calendar": row.calendar_id, "first": quarters[0], "last": quarters[1]}
