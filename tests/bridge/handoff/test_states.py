"""The table of a handoff: what must be true of it, whatever is told in whatever order."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.handoff.states import DUE_AFTER, OVER, Happened, Order, State, Step, after

ANYTHING = st.lists(st.sampled_from(Happened), max_size=30)
WAITED_FOR = [state for state in State if state not in OVER]
# A leg of the person's may live in these.
RUNG = (State.RINGING, State.BRIEFED, State.JOINED, State.PARTED, State.RETURNING)


def walk(happened: list[Happened]) -> tuple[State, list[Order]]:
    """Where a handoff is after all of this, and everything that was ordered on the way."""
    state = State.AGREED
    orders: list[Order] = []
    for each in happened:
        step = after(state, each)
        state = step.state
        orders += step.orders
    return state, orders


@given(ANYTHING)
def test_nobody_is_rung_twice(happened: list[Happened]) -> None:
    """Whatever Twilio tells twice, late or in another order."""
    assert walk(happened)[1].count(Order.RING) <= 1


@given(ANYTHING, st.sampled_from(sorted(OVER)))
def test_what_is_over_stays_over(happened: list[Happened], over: State) -> None:
    """Nothing leads back; all that is still done is to end a leg that turns up."""
    for each in happened:
        orders = (Order.END_PERSON,) if each is Happened.STILL_THERE else ()
        assert after(over, each) == Step(over, orders)


@given(ANYTHING)
def test_a_caller_who_hangs_up_ends_it(happened: list[Happened]) -> None:
    """From wherever it is; a person who may be on the line is let go, and nobody is forgotten."""
    state, _ = walk(happened)
    end = after(state, Happened.CALLER_GONE)
    assert end.state in OVER
    if state in OVER:
        return
    assert (Order.CALL_BACK in end.orders) == (end.state is State.GONE)
    assert (Order.END_PERSON in end.orders) == (state in RUNG and state is not State.PARTED)


@given(ANYTHING)
def test_time_alone_leads_to_an_end(happened: list[Happened]) -> None:
    """Where Twilio tells nothing more, the caller is asked for again and again, or both legs are."""
    state, _ = walk(happened)
    for _ in range(6):
        if state in OVER or Order.CHECK_LEGS in after(state, Happened.DUE).orders:
            return
        state = after(state, Happened.DUE).state
    assert state is State.RETURNING
    assert after(state, Happened.DUE).orders == (Order.FETCH_CALLER,)


def test_every_state_that_waits_has_its_time() -> None:
    """And what is over has none."""
    assert DUE_AFTER.keys() == set(WAITED_FOR)


def test_every_state_and_every_happening_counts() -> None:
    """Each state is reached, each happening changes something somewhere."""
    reached, todo = {State.AGREED}, [State.AGREED]
    while todo:
        state = todo.pop()
        for each in Happened:
            then = after(state, each).state
            if then not in reached:
                reached.add(then)
                todo.append(then)
    assert reached == set(State)
    changes = {h for s, h in itertools.product(State, Happened) if after(s, h) != Step(s)}
    assert changes == set(Happened)


@pytest.mark.parametrize("state", [State.RINGING, State.BRIEFED])
@pytest.mark.parametrize("happened", [Happened.PERSON_GONE, Happened.DECLINED, Happened.DUE])
def test_nobody_comes(state: State, happened: Happened) -> None:
    """Busy, voicemail, no, or no answer at all: the caller is fetched."""
    step = after(state, happened)
    assert step.state is State.RETURNING
    assert Order.FETCH_CALLER in step.orders
    assert (Order.END_PERSON in step.orders) == (happened is Happened.DUE)
    assert after(step.state, Happened.FETCHED) == Step(State.RETURNED)


def test_a_key_that_comes_too_late_joins_nobody() -> None:
    """The caller is on the way back, or gone."""
    for state in (State.RETURNING, *OVER):
        assert after(state, Happened.ACCEPTED) == Step(state)
