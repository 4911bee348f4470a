"""Every sentence the tools give the agent to say, and the words for dates and times.

Pure. The sentences are few and fixed: only weekday, month, day, time, service and
customer's name vary, so that a bank of recorded phrases can say all of them. Numbers are
words ("two thirty PM"), because a voice reads digits as it likes. No sentence here claims
more than its caller in `booking.py`, `confirmation.py` or `messages.py` has proved.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
_TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty"}
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth"),
    *("seventeenth", "eighteenth", "nineteenth", "twentieth"),
)

# --- words ------------------------------------------------------------------------


def spoken_time(at: time) -> str:
    """`at` on a twelve-hour clock: "two PM", "two oh five PM", "noon", "midnight"."""
    if at.minute == 0 and at.hour in (0, 12):
        return "noon" if at.hour == 12 else "midnight"
    hour = _ONES[at.hour % 12 or 12]
    half = "AM" if at.hour < 12 else "PM"
    return f"{hour} {_minute(at.minute)} {half}" if at.minute else f"{hour} {half}"


def spoken_date(day: date) -> str:
    """`day` without its year: "Thursday, November twenty-sixth"."""
    return f"{WEEKDAYS[day.weekday()]}, {MONTHS[day.month - 1]} {ordinal(day.day)}"


def spoken_start(start: datetime) -> str:
    """A start on the business's clock: "Thursday, November twenty-sixth at two PM"."""
    return f"{spoken_date(start.date())} at {spoken_time(start.time())}"


def spoken_number(number: int) -> str:
    """0 to 59 in words: "forty-five"."""
    if number < 20:
        return _ONES[number]
    tens, ones = _TENS[number - number % 10], number % 10
    return f"{tens}-{_ONES[ones]}" if ones else tens


def _minute(minute: int) -> str:
    return f"oh {_ONES[minute]}" if minute < 10 else spoken_number(minute)


def ordinal(day: int) -> str:
    """A day of the month in words: "twenty-fifth"."""
    if day <= 20:
        return _ORDINALS[day - 1]
    if day == 30:
        return "thirtieth"
    return f"{_TENS[day - day % 10]}-{_ORDINALS[day % 10 - 1]}"


# --- offering times ---------------------------------------------------------------


def offer(starts: Sequence[datetime]) -> str:
    """One to three free starts, in order; the date is said once for each day."""
    words, said = [], None
    for start in starts:
        words.append(f"at {spoken_time(start.time())}" if start.date() == said else spoken_start(start))
        said = start.date()
    return f"I have {', or '.join(words)}."


def nothing_then(starts: Sequence[datetime]) -> str:
    """Nothing is free as wished; `starts` are the nearest."""
    return f"I'm sorry, I have nothing free then. {offer(starts)}"


def closed_then(starts: Sequence[datetime]) -> str:
    """Nobody works on the days wished for; `starts` are the nearest."""
    return f"I'm sorry, we are closed then. {offer(starts)}"


def somebody_else(starts: Sequence[datetime]) -> str:
    """Who was asked for by name has no time at all; `starts` are with others."""
    return f"I'm sorry, I have nothing free with them. With somebody else, {offer(starts)}"


def too_far_ahead(day: date) -> str:
    """`day`: the last one that can be booked."""
    return f"I'm sorry, I can only book until {spoken_date(day)}. Would an earlier day suit you?"


def nothing_at_all(person: bool) -> str:
    """No time is free as far ahead as can be booked. `person`: somebody can be rung."""
    return f"I'm sorry, I have no free times at all. {way_on(person)}"


def way_on(person: bool) -> str:
    """What there is beside the calendar. `person`: somebody can be rung."""
    if person:
        return "Shall I take a message, or would you rather speak to a person?"
    return may_i_take_a_message()


def just_taken(instead: Sequence[datetime]) -> str:
    """Somebody else got the time; `instead` may hold other starts."""
    if instead:
        return f"I'm sorry, that time has just been taken. {offer(instead)}"
    return "I'm sorry, that time has just been taken. Would another day suit you?"


def calendar_unseen() -> str:
    """Free times cannot be known, so none is offered."""
    return "I'm sorry, I can't see the calendar right now. Shall I take a message?"


# --- booking ----------------------------------------------------------------------


def read_back(service: str, name: str, start: datetime, ask_to_text: bool = False) -> str:
    """What a yes will book. `ask_to_text`: the yes agrees to texts about it, too."""
    question = "Shall I book it, and text you the details?" if ask_to_text else "Shall I book it?"
    return f"To confirm: {service} for {name} on {spoken_start(start)}. {question}"


def booked(service: str, start: datetime) -> str:
    """The event stands in the calendar."""
    return f"You're booked: {service} on {spoken_start(start)}."


def not_settled(person: bool) -> str:
    """What is proposed cannot be agreed on, however often it is read back. `person`: somebody can be rung."""
    question = "Would you like to speak to a person?" if person else "Shall I take a message?"
    return f"I'm sorry, I can't settle that by myself. {question}"


def not_booked() -> str:
    """It is certain that nothing was written."""
    return "I'm sorry, I couldn't book that. Shall I take a message?"


def booking_unknown(promised: bool) -> str:
    """Neither done nor failed. `promised`: a task for a person exists and has a number."""
    if promised:
        return "I'm sorry, I can't tell yet whether that is booked. Someone will call you back to confirm."
    return "I'm sorry, I can't tell yet whether that is booked. Please call us again to make sure."


# --- texts ------------------------------------------------------------------------


def text_sent() -> str:
    return "I've sent you a text."


def text_already_sent() -> str:
    return "I've already sent you a text."


def text_failed() -> str:
    """The text certainly did not go out. Says nothing about the booking."""
    return "I'm sorry, I couldn't send the text."


def text_unknown() -> str:
    return "I'm sorry, I can't tell whether the text went out."


def text_blocked() -> str:
    """The number has said STOP, or its carrier says so."""
    return "Your phone has blocked our texts. To allow them, text START to the number you called."


def text_not_there() -> str:
    """The business does not text to such numbers."""
    return "I'm sorry, I can't send texts to your number."


def text_not_wanted() -> str:
    """The caller did not agree to it; it is theirs to ask."""
    return "I haven't sent you a text. If you would like one, just ask me."


def texts_used_up() -> str:
    """A cap was reached, so none was queued."""
    return "I'm sorry, I can't send any more texts right now."


def text_without_number() -> str:
    return "I can't see your number, so I can't send you a text."


# --- people and messages ----------------------------------------------------------


def connecting() -> str:
    return "Please stay on the line. I'm connecting you now."


def nobody_to_connect() -> str:
    return "I'm sorry, I can't connect you to a person. Shall I take a message?"


def may_i_take_a_message() -> str:
    return "Shall I take a message?"


def message_taken(callable_back: bool) -> str:
    """`callable_back`: the message carries a number."""
    if callable_back:
        return "Thank you. I've taken your message, and someone will call you back."
    return "Thank you. I've taken your message."


def message_unknown() -> str:
    """The store did not answer: the message may or may not stand."""
    return "I'm sorry, I can't tell whether your message was saved. Please call us again."


def no_answer() -> str:
    """The owner gave no answer to this question."""
    return "I'm sorry, I don't know that. Shall I take a message?"


# --- the conversation -------------------------------------------------------------


def not_understood() -> str:
    return "I'm sorry, I didn't catch that. Could you say it again?"


def offer_person() -> str:
    return "I'm sorry, I still didn't catch that. Would you like to speak to a person?"


def offer_message() -> str:
    return "I'm sorry, I still didn't catch that. Shall I take a message?"


def one_moment() -> str:
    """While the model puts its own mistake right."""
    return "One moment, please."


def unsure() -> str:
    """The very last word, when not even what went wrong is known."""
    return "I'm sorry, I can't tell whether that worked. Please call us again to make sure."


def out_of_order() -> str:
    """Something of ours failed; nothing was changed or promised."""
    return "I'm sorry, that didn't work. Shall I take a message?"
