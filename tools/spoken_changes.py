"""What the agent says of bookings that exist: finding, moving and cancelling them.

Pure. Few and fixed sentences, as in `spoken.py`, which has the words for dates and times. None
claims more than its caller in `lookup.py`, `rescheduling.py` or `cancelling.py` has proved: of a
booking that was not moved it is never said where it stands, as a person may have been at it.
"""

from collections.abc import Sequence
from datetime import datetime

from tools.spoken import offer, spoken_start

# --- whose they are ---------------------------------------------------------------


def shall_i_text_a_code() -> str:
    """The number is known, but not who is calling from it."""
    return (
        "To look up or change an appointment, I have to make sure who is calling. "
        "Shall I text a code to the number you are calling from?"
    )


def cannot_be_proven(person: bool) -> str:
    """There is no number that a code could be sent to. `person`: somebody can be rung."""
    return f"I'm sorry, I can't look up or change appointments in this call. {_way_on(person)}"


# --- finding ----------------------------------------------------------------------


def bookings(entries: Sequence[tuple[str, datetime]]) -> str:
    """Service and start of each booking, in order; at least one."""
    words = [f"{_article(service)} {service} on {spoken_start(start)}" for service, start in entries]
    if len(words) > 1:
        words[-1] = f"and {words[-1]}"
    return f"You have {', '.join(words)}."


def no_bookings() -> str:
    return "I can't find an appointment under the number you are calling from."


def bookings_unseen() -> str:
    """The store did not answer."""
    return "I'm sorry, I can't look up appointments right now. Shall I take a message?"


# --- changing ---------------------------------------------------------------------


def booking_gone(person: bool) -> str:
    """Not booked any more, or somebody is changing it at this moment."""
    return (
        "I'm sorry, I can't change that appointment: it is not there any more, or it is being changed "
        f"right now. {_way_on(person)}"
    )


def too_late(person: bool) -> str:
    """It has begun, or the owner wants to know sooner."""
    return f"I'm sorry, it is too late for me to change that appointment. {_way_on(person)}"


def same_time() -> str:
    return "That is the time you have already. Would another time suit you?"


# --- moving -----------------------------------------------------------------------


def read_back_move(service: str, was: datetime, start: datetime) -> str:
    """What a yes will move, and where to."""
    return (
        f"To confirm: moving your {service} from {spoken_start(was)} to {spoken_start(start)}. "
        "Shall I move it?"
    )


def moved(service: str, start: datetime) -> str:
    """The event stands at its new time. The old one is not named: nothing is booked there any more."""
    return f"It's moved: {service} on {spoken_start(start)}."


def move_taken(instead: Sequence[datetime]) -> str:
    """Somebody else got the new time; `instead` may hold other starts."""
    way_on = offer(instead) if instead else "Would another day suit you?"
    return f"I'm sorry, that time has just been taken. Your appointment stays as it is. {way_on}"


def not_moved() -> str:
    """It is certain that nothing was changed."""
    return "I'm sorry, I couldn't move that. Nothing was changed. Shall I take a message?"


def move_unknown(promised: bool) -> str:
    """Neither done nor failed. `promised`: a task for a person exists and has a number."""
    return f"I'm sorry, I can't tell yet whether that is moved. {_call(promised)}"


# --- cancelling -------------------------------------------------------------------


def read_back_cancel(service: str, start: datetime) -> str:
    """What a yes will cancel."""
    return f"To confirm: cancelling your {service} on {spoken_start(start)}. Shall I cancel it?"


def cancelled(service: str, start: datetime) -> str:
    """It is decided, and will be carried out whatever happens."""
    return f"It's cancelled: {service} on {spoken_start(start)}."


def cancel_unknown(promised: bool) -> str:
    """Neither done nor failed. `promised`: a task for a person exists and has a number."""
    return f"I'm sorry, I can't tell yet whether that is cancelled. {_call(promised)}"


def _article(service: str) -> str:
    return "an" if service[0].lower() in "aeiou" else "a"


def _call(promised: bool) -> str:
    return "Someone will call you back to confirm." if promised else "Please call us again to make sure."


def _way_on(person: bool) -> str:
    if person:
        return "Shall I take a message, or would you rather speak to a person?"
    return "Shall I take a message?"
