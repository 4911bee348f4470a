"""Writes a task for a person down, and has the owner told of it in the same transaction, once.

The notices are words only; the store queues them with the task, and `recovery.py` sends them at its next
look. They go to the number and the address in the business file and nowhere else. What a caller
said stands in them as it was said, shortened where a text would get long: it is data.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec

from tools.arguments import Urgency
from tools.business import Business, Owner
from tools.callbacks import Callback, in_words
from tools.gsm7 import IN_PART, plain, segments
from tools.mail_message import LONGEST_SUBJECT, one_line
from tools.store import BookingStore, Channel, Notice

KIND = "callback"  # of the rows in the outbox
MOST_SEGMENTS = 3  # of a text; what is longer stands in the task
EMERGENCY = "EMERGENCY: "
CUT = "..."
LONG_WORD = 20  # letters; a longer one is cut within
_URGENCY = {
    Urgency.NORMAL: "not urgent",
    Urgency.URGENT: "urgent",
    Urgency.EMERGENCY: "emergency",
    Urgency.UNKNOWN: "urgency unknown",
}
NO_NAME, NO_NUMBER, ANY_TIME = "a caller", "no number", "any"


async def ask(store: BookingStore, business: Business, task: Callback, *, now: datetime) -> str:
    """Write the task down, or find it written. Its id. Raises StoreError."""
    return await store.add_callback(
        call_sid=task.call_sid,
        number=task.number,
        name=task.name,
        message=task.message,
        reason=task.reason,
        urgency=task.urgency.value,
        best_time=task.best_time,
        now=now,
        key=task.key,
        notices=notices(business, task, now),
        texts_per_day=business.owner.texts_per_day,
    )


def notices(business: Business, task: Callback, now: datetime) -> tuple[Notice, ...]:
    """What the owner is sent about a task: a text, a mail, both or nothing, as the business file says."""
    owner, wording = business.owner, business.wording
    told = []
    if owner.sms is not None:
        body = text_body(business, task)
        told.append(Notice(kind=KIND, channel=Channel.SMS, to=owner.sms, body=body, due_at=now))
    if owner.email is not None:
        subject = _first(task, wording.owner_subject.format(**_values(business, task)))
        body = _first(task, wording.owner_body.format(**_values(business, task)).strip())
        told.append(
            Notice(
                kind=KIND,
                channel=Channel.EMAIL,
                to=owner.email,
                subject=one_line(subject)[:LONGEST_SUBJECT],
                body=f"{body}\n",
                due_at=now,
            )
        )
    return tuple(told)


def text_body(business: Business, task: Callback) -> str:
    """The text: in GSM-7 where nothing is lost by it, in MOST_SEGMENTS parts at most."""
    values = {key: one_line(value) for key, value in _values(business, task).items()}

    def filled(message: str) -> str:
        text = business.wording.owner_text.format(**{**values, "message": message})
        return plain(_first(task, text.strip()))

    # The message is what may be long; if it is not the message, it is the wording or a name.
    message = _shortened(values["message"], filled)
    return _shortened(filled(message), plain)


def without_mail(business: Business) -> Business:
    """The same business where no mail is sent: nothing is queued that nobody would send."""
    return msgspec.structs.replace(business, owner=msgspec.structs.replace(business.owner, email=None))


def owner_warnings(business: Business, *, mails: bool) -> list[str]:
    """What the owner should know of how they are told. `mails`: the server sends mail."""
    owner = business.owner
    found = []
    if owner.email is not None and not mails:
        found.append("owner.email: no mail is sent, as SMTP_URL is not set")
    if owner.sms is None and (owner.email is None or not mails):
        found.append("owner: nobody is told of callbacks, they are only on record; expected sms or email")
    return found


def is_owner(owner: Owner, channel: Channel, to: str) -> bool:
    """Whether this is where the business file has the owner told now."""
    return to == (owner.sms if channel is Channel.SMS else owner.email)


def _values(business: Business, task: Callback) -> dict[str, str]:
    return {
        "business": business.name,
        "name": task.name or NO_NAME,
        "number": task.number or NO_NUMBER,
        "reason": in_words(task.reason),
        "urgency": _URGENCY[task.urgency],
        "best_time": task.best_time or ANY_TIME,
        "message": task.message,
    }


def _first(task: Callback, text: str) -> str:
    """An emergency is the first thing that is read, whatever the wording."""
    return EMERGENCY + text if task.urgency is Urgency.EMERGENCY else text


def _shortened(words: str, filled: Callable[[str], str]) -> str:
    """`words`, cut at the end of a word so that what is filled with them is short enough."""
    if segments(filled(words)) <= MOST_SEGMENTS:
        return words
    whole = words[: MOST_SEGMENTS * IN_PART]
    while whole and segments(filled(whole + CUT)) > MOST_SEGMENTS:
        whole = whole[: len(whole) * 19 // 20]
    word_ends = whole.rfind(" ", len(whole) - LONG_WORD)
    return (whole[:word_ends] if word_ends > 0 else whole) + CUT if whole else ""
