"""Conference rooms as Twilio keeps them: who waits, when it begins, who ends it.

A room begins with the first participant whose `startConferenceOnEnter` is true; until then those in it
hear the music of `waitUrl`. It ends when one leaves whose `endConferenceOnExit` is true, or the last one.
Source: Twilio, TwiML `<Conference>`. Read next: exchange.py, which owns the rooms.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping

import msgspec

from bridge.harness.ledger import Ledger

EVENTS = frozenset({"start", "end", "join", "leave"})
Report = Callable[[str, Mapping[str, str]], None]
"""Sends a status callback: its address and fields."""


class ConferenceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A `<Conference>` to enter. Addresses are absolute."""

    room: str
    starts: bool
    ends: bool
    wait_url: str | None = None  # None: Twilio's own music; "": silence
    status_callback: str | None = None
    events: frozenset[str] = frozenset()


class Room:
    """One conference, from the first who enters to its end."""

    def __init__(self) -> None:
        self.inside: list[str] = []  # CallSids
        self.began = asyncio.Event()  # somebody who may start it is in
        self.both = asyncio.Event()  # it has begun, and two can talk
        self.ended = asyncio.Event()


class Conferences:
    """The rooms of one account, by name."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rooms: dict[str, Room] = {}
        self.used = False  # somebody was in one of them

    @contextlib.contextmanager
    def entered(self, call_sid: str, order: ConferenceOrder, report: Report) -> Iterator[Room]:
        """Be in the room, and leave it however this ends; by then it may be over."""
        self.used = True
        room = self._rooms.setdefault(order.room, Room())
        room.inside.append(call_sid)
        self._tell(order, report, "join", call_sid)
        if order.starts and not room.began.is_set():
            room.began.set()
            self._tell(order, report, "start", call_sid)
        if room.began.is_set() and len(room.inside) > 1:
            room.both.set()
        try:
            yield room
        finally:
            room.inside.remove(call_sid)
            self._tell(order, report, "leave", call_sid)
            if not room.ended.is_set() and (order.ends or not room.inside):
                room.ended.set()
                self._rooms.pop(order.room, None)
                self._tell(order, report, "end", call_sid)

    def people(self) -> list[str]:
        """Everybody in a room."""
        return [call_sid for room in self._rooms.values() for call_sid in room.inside]

    def _tell(self, order: ConferenceOrder, report: Report, event: str, call_sid: str) -> None:
        self._ledger.write("conference", event=event, room=order.room, call_sid=call_sid)
        if order.status_callback and event in order.events:
            name = f"conference-{event}" if event in ("start", "end") else f"participant-{event}"
            fields = {"FriendlyName": order.room, "StatusCallbackEvent": name, "CallSid": call_sid}
            report(order.status_callback, fields)
