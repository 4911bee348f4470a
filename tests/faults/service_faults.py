"""What goes wrong with the services around a call: calendar, Twilio's REST interface, database, mail.

Read next: play.py.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec

from bridge.harness.run import Parties
from tests.resuming import once

FOR_GOOD = 99  # requests
WRITES = ("insert",)
READS = ("freebusy", "list", "get")
SLOW_S = 2.5  # the calendar is given up after three
TOO_SLOW_S = 4.0
LOCKED_S = 3.0  # longer than anybody waits for a lock
GONE_S = 60.0  # longer than the rest of the call
AFTER_S = 0.5  # after the call everything works again


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """A call's neighbours."""

    parties: Parties
    database: Path  # the SQLite file


Act = Callable[[Around], None]


# --- the calendar -----------------------------------------------------------------


def calendar_down(around: Around) -> None:
    around.parties.calendar.be_down()


def calendar_quota(around: Around) -> None:
    for operation in (*READS, *WRITES):
        around.parties.calendar.fail_next(operation, 403, "quotaExceeded", FOR_GOOD)


def calendar_hiccup(around: Around) -> None:
    for operation in (*READS, *WRITES):
        around.parties.calendar.fail_next(operation, 503, "backendError")


def calendar_slow(around: Around) -> None:
    for operation in (*READS, *WRITES):
        around.parties.calendar.delay(operation, SLOW_S)


def calendar_too_slow(around: Around) -> None:
    for operation in (*READS, *WRITES):
        around.parties.calendar.delay(operation, TOO_SLOW_S)


def answers_lost(around: Around) -> None:
    around.parties.calendar.lose_answer_next("insert")
    around.parties.calendar.lose_answer_next("list")


# --- Twilio's REST interface ------------------------------------------------------


def texts_refused(around: Around) -> None:
    around.parties.rest.fail_next("create", 429, 20429, FOR_GOOD)


def texts_refused_once(around: Around) -> None:
    around.parties.rest.fail_next("create", 429, 20429)


def texts_broken(around: Around) -> None:
    around.parties.rest.fail_next("create", 500, 20500)


def texts_broken_but_sent(around: Around) -> None:
    around.parties.rest.fail_next("create", 500, 20500, after=True)


def text_answer_lost(around: Around) -> None:
    around.parties.rest.lose_answer_next("create")


# --- the database -----------------------------------------------------------------


def _lock(around: Around, seconds: float) -> None:
    """Another process writes for so long; what was committed can be read."""
    other = sqlite3.connect(around.database, isolation_level=None, timeout=1.0)
    other.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        other.close()  # which rolls back; repeating it is harmless

    loop = asyncio.get_running_loop()
    loop.call_later(seconds, let_go)
    once(around.parties.telephone.ledger, let_go, AFTER_S, kind="hung_up")


def database_locked(around: Around) -> None:
    _lock(around, LOCKED_S)


def database_shut(around: Around) -> None:
    _lock(around, GONE_S)


# --- the mail server ----------------------------------------------------------------


def mail_gone(around: Around) -> None:
    around.parties.mail.vanish()


def mail_refuses(around: Around) -> None:
    around.parties.mail.refuse("rcpt", 451, FOR_GOOD)


def mail_answer_lost(around: Around) -> None:
    around.parties.mail.drop_after_data(accepted=True)


CALENDAR_GONE: dict[str, Act] = {
    "calendar down": calendar_down,
    "calendar's quota gone": calendar_quota,
    "calendar far too slow": calendar_too_slow,
}
CALENDAR: dict[str, Act] = {
    "calendar fails once": calendar_hiccup,
    "calendar slow": calendar_slow,
    "calendar's answers lost": answers_lost,
}
TEXTS: dict[str, Act] = {
    "texts refused": texts_refused,
    "a text refused once": texts_refused_once,
    "texts broken": texts_broken,
    "texts broken, but sent": texts_broken_but_sent,
    "text's answer lost": text_answer_lost,
}
DATABASE: dict[str, Act] = {"database locked": database_locked, "database takes no writes": database_shut}
MAIL: dict[str, Act] = {
    "mail server gone": mail_gone,
    "mail server refuses": mail_refuses,
    "mail's answer lost": mail_answer_lost,
}
