"""The receptionist's part for bookings that exist: find them, propose a change, make it after a yes.

Pure. First the bookings are looked up, and where the caller has to prove who they are, again
afterwards. A change is asked for twice with the same arguments: the first answer is the proposal,
which is read back. Read first: policy.py, which tells this what happens.
"""

from typing import Any

from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import ASK_MORE, PREAMBLE, Contents
from bridge.harness.recording import Intent, Meaning

CHANGES = frozenset({"cancel_event", "reschedule_event"})


class Changes:
    """What the caller wants changed, in one call."""

    def __init__(self) -> None:
        self._wish: Meaning | None = None  # to move or to cancel, until it is looked into
        self.moving = ""  # id of the booking that the next choice of a time is for

    def wanted(self, wish: Meaning) -> CallTool:
        """The caller wants a booking moved or cancelled: which ones are there?"""
        self._wish, self.moving = wish, ""
        return CallTool("find_bookings", {})

    def leave(self) -> None:
        """The caller wants something else, or has got what they wanted."""
        self._wish, self.moving = None, ""

    def proved(self) -> CallTool | None:
        """The caller has proved who they are: what was refused before may be asked again."""
        return CallTool("find_bookings", {}) if self._wish is not None else None

    def found(self, output: dict[str, Any]) -> Contents:
        """What comes of the bookings that were found, after their own sentence was said."""
        wish, bookings = self._wish, list(output.get("bookings", []))
        if wish is None or len(bookings) < wish.booking:
            return [Say(ASK_MORE)]
        self._wish = None
        booking = bookings[wish.booking - 1]
        if wish.intent is Intent.CANCEL:
            return [CallTool("cancel_event", {"booking_id": booking["id"]})]
        self.moving = str(booking["id"])
        arguments = {**wished(wish, str(booking["service"])), "moving": self.moving}
        return [Say(PREAMBLE), CallTool("check_availability", arguments)]

    def move_to(self, slot_id: str) -> CallTool:
        """The caller has chosen the time that `moving` shall have."""
        return CallTool("reschedule_event", {"booking_id": self.moving, "slot_id": slot_id})


def after_change(name: str) -> Say | CallTool:
    """What comes after the sentence that a change is made: of a new time there is a text."""
    return CallTool("send_confirmation", {}) if name == "reschedule_event" else Say(ASK_MORE)


def wished(wish: Meaning, service: str) -> dict[str, str]:
    """The arguments of check_availability for a wish with a day."""
    assert wish.day is not None, "the loader lets no such wish without a day through"
    return {
        "service": service,
        "from_date": wish.day.isoformat(),
        "to_date": (wish.until or wish.day).isoformat(),
        "part_of_day": wish.part,
    }
