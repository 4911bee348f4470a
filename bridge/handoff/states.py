"""A warm handoff: the caller on hold, a person rung, the two joined, or the caller back with the agent.

Pure. `after(state, happened)` says where the handoff is then and what has to be done about it.
Every step is committed in the table `handoffs` before it is acted on, so that any process can go
on; Twilio may tell of anything twice, late, in any order or never. Read `desk.py` next.

How to read `_NEXT`: (where it is, what happened) -> where it is then, and the orders that follow.
A pair that is not in the table changes nothing and orders nothing. When editing keep true: only
RING leads to an order to ring, from WAITING alone, so nobody is rung twice; every way out of a state
in which a person's leg may live orders EndPerson, or is taken by that leg's own end; every state
that is not one of `OVER` has an answer to CALLER_GONE and, save AGREED, to DUE.
"""

import enum
from datetime import timedelta

import msgspec


class State(enum.StrEnum):
    """Where a handoff is."""

    AGREED = "agreed"  # the call's stream has ended, or is about to
    WAITING = "waiting"  # the caller is on the way into the conference; nobody was rung
    RINGING = "ringing"  # the person is being rung, or Twilio was asked to
    BRIEFED = "briefed"  # somebody answered, and hears what it is about
    JOINED = "joined"  # a key was pressed: the two talk
    PARTED = "parted"  # the person's leg is over; the caller's end is awaited
    RETURNING = "returning"  # nobody came: the caller is being fetched from the conference
    RETURNED = "returned"  # the caller is with the agent again, which takes a message
    TALKED = "talked"  # the two have talked, and it is over
    GONE = "gone"  # the caller hung up before anybody came


class Happened(enum.StrEnum):
    """What a handoff learns."""

    HELD = "held"  # the caller's leg was answered with the conference
    NOBODY_THERE = "nobody_there"  # at this hour
    RING = "ring"  # now is the time to ring
    NOT_RUNG = "not_rung"  # Twilio refused to, for certain
    STILL_THERE = "still_there"  # a sign of life of the person's leg
    ANSWERED = "answered"  # by a human, as far as can be told
    MACHINE = "machine"  # an answering machine, a fax
    ACCEPTED = "accepted"  # the right key
    DECLINED = "declined"  # another key, or none
    PERSON_GONE = "person_gone"  # busy, no answer, failed, hung up: that leg is over
    CALLER_LEFT = "caller_left"  # the conference is over for the caller, whose leg lives
    CALLER_GONE = "caller_gone"  # the caller's leg is over
    DIALLED = "dialled"  # a person was dialled for the caller in the plain way, instead
    FETCHED = "fetched"  # the caller's leg asks what comes after the conference
    DUE = "due"  # what was awaited has not come in time


class Order(enum.Enum):
    """What has to be done outside, after a step was committed."""

    RING = enum.auto()  # the person, once
    END_PERSON = enum.auto()  # their leg, if there is one
    FETCH_CALLER = enum.auto()  # out of the conference, by redirecting the leg
    CHECK_LEGS = enum.auto()  # ask Twilio whether both are there
    CALL_BACK = enum.auto()  # note a task for a person


class Step(msgspec.Struct, frozen=True):
    """Where a handoff goes, and what follows."""

    state: State
    orders: tuple[Order, ...] = ()


OVER = frozenset({State.RETURNED, State.TALKED, State.GONE})
"""From here nothing is awaited any more; a leg of the person's that turns up is ended."""

DUE_AFTER = {
    State.AGREED: timedelta(minutes=10),  # the call was lost between farewell and conference
    State.WAITING: timedelta(seconds=5),  # whoever was to ring has died
    State.RINGING: timedelta(seconds=45),  # rings for 25, an answering machine is told from a human in 5
    State.BRIEFED: timedelta(seconds=60),
    State.JOINED: timedelta(seconds=90),  # and so on while they talk
    State.PARTED: timedelta(seconds=5),
    State.RETURNING: timedelta(seconds=5),  # the redirect is asked for again
}
"""How long each state waits for what comes next, and then as long again; those not named wait for nothing."""

_ON_HOLD_NO_MORE = {
    Happened.CALLER_GONE: Step(State.GONE, (Order.END_PERSON, Order.CALL_BACK)),
    Happened.CALLER_LEFT: Step(State.RETURNED, (Order.END_PERSON,)),
}
_NOBODY = Step(State.RETURNING, (Order.FETCH_CALLER,))
_TOO_LATE = Step(State.RETURNING, (Order.END_PERSON, Order.FETCH_CALLER))

_NEXT: dict[State, dict[Happened, Step]] = {
    State.AGREED: {
        Happened.HELD: Step(State.WAITING),
        Happened.NOBODY_THERE: Step(State.RETURNED),
        Happened.DIALLED: Step(State.TALKED),
        Happened.CALLER_GONE: Step(State.GONE, (Order.CALL_BACK,)),
        Happened.DUE: Step(State.GONE, (Order.CALL_BACK,)),
    },
    State.WAITING: {
        Happened.RING: Step(State.RINGING, (Order.RING,)),
        Happened.DUE: Step(State.RINGING, (Order.RING,)),
        Happened.DIALLED: Step(State.TALKED),
        Happened.CALLER_GONE: Step(State.GONE, (Order.CALL_BACK,)),
        Happened.CALLER_LEFT: Step(State.RETURNED),
    },
    State.RINGING: {
        **_ON_HOLD_NO_MORE,
        Happened.DIALLED: Step(State.TALKED, (Order.END_PERSON,)),
        Happened.NOT_RUNG: _NOBODY,
        Happened.ANSWERED: Step(State.BRIEFED),
        Happened.MACHINE: _NOBODY,  # our answer hangs up, here as after a refusal
        Happened.ACCEPTED: Step(State.JOINED),  # that they had answered was not written down
        Happened.DECLINED: _NOBODY,
        Happened.PERSON_GONE: _NOBODY,
        Happened.DUE: _TOO_LATE,
    },
    State.BRIEFED: {
        **_ON_HOLD_NO_MORE,
        Happened.ACCEPTED: Step(State.JOINED),
        Happened.DECLINED: _NOBODY,
        Happened.PERSON_GONE: _NOBODY,
        Happened.DUE: _TOO_LATE,
    },
    State.JOINED: {
        Happened.PERSON_GONE: Step(State.PARTED),
        Happened.CALLER_LEFT: Step(State.TALKED, (Order.END_PERSON,)),
        Happened.CALLER_GONE: Step(State.TALKED, (Order.END_PERSON,)),
        Happened.DUE: Step(State.JOINED, (Order.CHECK_LEGS,)),
    },
    # The conference ends with the person's leg, and then the caller's asks what comes next. If it does
    # not, the person was lost on the way in, and the caller still hears the music.
    State.PARTED: {
        Happened.CALLER_LEFT: Step(State.TALKED),
        Happened.CALLER_GONE: Step(State.TALKED),
        Happened.DUE: _NOBODY,
    },
    State.RETURNING: {
        Happened.FETCHED: Step(State.RETURNED),
        Happened.CALLER_LEFT: Step(State.RETURNED),
        Happened.CALLER_GONE: Step(State.GONE, (Order.END_PERSON, Order.CALL_BACK)),
        Happened.STILL_THERE: Step(State.RETURNING, (Order.END_PERSON,)),
        Happened.DUE: Step(State.RETURNING, (Order.FETCH_CALLER,)),
    },
    **{over: {Happened.STILL_THERE: Step(over, (Order.END_PERSON,))} for over in sorted(OVER)},
}


def after(state: State, happened: Happened) -> Step:
    """Where a handoff is once this has happened, and what has to be done."""
    return _NEXT[state].get(happened, Step(state))
