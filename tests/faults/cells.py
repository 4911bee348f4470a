"""What a cell is: one fault at one moment of a booking call; and all that are played in time that jumps.

Read next: play.py. Those that run for real are in kills.py.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from tests.faults import line_faults, model_faults, service_faults
from tests.faults import moments as at
from tests.faults.moments import Moment
from tests.faults.service_faults import Around
from tools.store import TextState

WORDS_LOST = "the caller's audio arrives whole (I8)"  # words on their way are lost with a leg
HEARD_UNKNOWN = "the model knows what was heard"  # the ledger then counts less as heard than was
TOLD_EARLY = "said implies done (I3)"  # the event stands, and our row of it is finished later
WAITS = (TextState.PENDING, TextState.SENDING)  # of a text: it is kept, and will be sent
# Where a call may go.
BOOKED = "booked, goodbye"
TOLD = "told so, goodbye"  # the caller knows what did not work
MESSAGE = "message"  # somebody calls back, and the caller was told so
PERSON = "person"
CALL_BACK = "cut off, callback"  # the line took the call with it


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One fault at one moment."""

    family: str
    fault: str
    moment: Moment
    act: Callable[[Around], None]
    ends: tuple[str, ...]  # where the call may go
    mails: bool = False  # the caller gives an address
    may_differ: frozenset[str] = frozenset()  # rules of the checker that the fault itself breaks

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.moment.name}"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a cell."""

    family: str
    fault: str
    moment: str
    heard: tuple[tuple[float, str], ...] = ()  # from the fault on: seconds after it, and what
    silence_s: float = 0.0  # the longest while something was pending
    wait_s: float = 0.0  # the longest for something of substance, without what tools took
    went: str = ""
    resumes: int = 0
    events: int = 0  # of ours that stand in the calendar
    lost: int = 0  # bookings and texts that were promised and are nowhere
    doubled: int = 0  # events and texts too many
    rows: tuple[str, ...] = ()  # states of the reservations
    tasks: tuple[str, ...] = ()  # reasons of the callbacks
    texts: int = 0
    mails: int = 0
    waiting: int = 0  # texts and mails that are kept to be sent
    wrong: tuple[str, ...] = ()
    only_late: bool = False  # nothing is wrong but how long something took
    took_s: float = 0.0  # real time


def _model(faults: Mapping[str, model_faults.Act], moments: Iterable[Moment], *ends: str) -> list[Cell]:
    acts = {name: _of_model(act) for name, act in faults.items()}
    return _cells("model", acts, moments, *ends, may_differ=frozenset({WORDS_LOST}))


def _line(
    faults: Mapping[str, line_faults.Act], moments: Iterable[Moment], *ends: str, **more: Any
) -> list[Cell]:
    acts = {name: _of_line(act) for name, act in faults.items()}
    return _cells("line", acts, moments, *ends, **{"may_differ": frozenset({WORDS_LOST}), **more})


def _cells(
    family: str,
    faults: Mapping[str, service_faults.Act],
    moments: Iterable[Moment],
    *ends: str,
    **more: Any,
) -> list[Cell]:
    return [
        Cell(family=family, fault=name, moment=moment, act=act, ends=ends, **more)
        for name, act in faults.items()
        for moment in moments
    ]


def _of_model(act: model_faults.Act) -> Callable[[Around], None]:
    return lambda around: act(around.parties.model.faults)


def _of_line(act: line_faults.Act) -> Callable[[Around], None]:
    return lambda around: act(around.parties.telephone.faults)


FOUR = (at.BEFORE_GREETING, at.IN_OFFER, at.AFTER_YES, at.WHILE_BOOKED)
STREAM_IS_UP = (at.IN_GREETING, at.IN_OFFER, at.IN_READ_BACK, at.AFTER_YES, at.WHILE_BOOKED, at.AFTER_BOOKED)
AT_FIRST = (at.AT_THE_START,)
WRITES = (at.AT_THE_START, at.IN_OFFER, at.IN_READ_BACK)

CELLS: tuple[Cell, ...] = (
    *_model(model_faults.GO_ON, FOUR, BOOKED),
    *_model(model_faults.GO_ON_AT_FIRST, AT_FIRST, BOOKED),
    *_model(model_faults.NO_MODEL, FOUR, PERSON),
    *_model(model_faults.NO_MODEL_AT_FIRST, AT_FIRST, PERSON),
    *_line(line_faults.GO_ON, STREAM_IS_UP, BOOKED),
    *_line(line_faults.FRAMES, (at.IN_OFFER, at.IN_READ_BACK, at.AFTER_YES), BOOKED),
    # Nothing counts as heard any more: what was not agreed before is not booked, and a person is offered.
    *_line(
        line_faults.NO_MARKS,
        STREAM_IS_UP,
        *(BOOKED, PERSON),
        may_differ=frozenset({WORDS_LOST, HEARD_UNKNOWN}),
    ),
    *_line(line_faults.CALL_GONE, STREAM_IS_UP, CALL_BACK),
    *_line(line_faults.AT_FIRST, AT_FIRST, BOOKED),
    *_line(line_faults.NEVER_STARTS, AT_FIRST, PERSON),
    *_cells("calendar", service_faults.CALENDAR_GONE, WRITES, MESSAGE, TOLD),
    *_cells("calendar", service_faults.CALENDAR, WRITES, BOOKED),
    *_cells("texts", service_faults.TEXTS, (at.AT_THE_START, at.AFTER_YES), BOOKED),
    *_cells(
        "database",
        service_faults.DATABASE,
        (at.AT_THE_START, *FOUR, at.IN_READ_BACK),
        *(BOOKED, PERSON, MESSAGE, TOLD),
        may_differ=frozenset({WORDS_LOST, TOLD_EARLY}),
    ),
    *_cells("mail", service_faults.MAIL, (at.AT_THE_START, at.WHILE_BOOKED), BOOKED, mails=True),
)
