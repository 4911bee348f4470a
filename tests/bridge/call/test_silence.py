"""The silence ladder by its times alone."""

import msgspec
import pytest

from bridge.call.silence import (
    FILLER_S,
    MOST_REPROMPTS,
    NEXT_STEP_S,
    NOTHING,
    PATIENCE_S,
    RECONNECT_S,
    REPROMPT_S,
    Due,
    Scene,
    Silence,
)

WAITS_FOR_MODEL = msgspec.structs.replace(NOTHING, pending=True, on_model=True, model_owes=True)
WAITS_FOR_TOOL = msgspec.structs.replace(NOTHING, pending=True)
CALLERS_TURN = msgspec.structs.replace(NOTHING, callers_turn=True)


def told(silence: Silence, scene: Scene, since: float, until: float) -> list[tuple[float, Due]]:
    """What is due from a time on while nothing changes, by the deadlines it asks for."""
    silence.look(scene, since)
    found = []
    while (at := silence.deadline()) is not None and at <= until:
        if (due := silence.take_due(at)) is not None:
            found.append((round(at - since, 3), due))
        if due is Due.NEXT_STEP:
            break  # the call is over
        silence.look(scene, at)
    return found


def test_a_model_that_says_nothing_climbs_the_ladder() -> None:
    """Filler, another leg, filler, the next step; each told once."""
    assert told(Silence(), WAITS_FOR_MODEL, 10.0, 10.0 + NEXT_STEP_S) == [
        (FILLER_S, Due.FILLER),
        (RECONNECT_S, Due.RECONNECT),
        (2 * FILLER_S, Due.FILLER),
        (3 * FILLER_S, Due.FILLER),
        (NEXT_STEP_S, Due.NEXT_STEP),
    ]


def test_a_slow_tool_is_bridged_and_not_given_up() -> None:
    """A tool has a deadline of its own: only fillers, for as long as it takes."""
    found = told(Silence(), WAITS_FOR_TOOL, 0.0, 20.0)
    assert {due for _, due in found} == {Due.FILLER}
    assert found[0] == (FILLER_S, Due.FILLER)


def test_what_is_playing_is_no_silence() -> None:
    """Every clock counts from the end of the sound; a clip delays fillers and nothing else."""
    speech = msgspec.structs.replace(WAITS_FOR_MODEL, sounds_until=5.0, speaks_until=5.0)
    assert told(Silence(), speech, 1.0, 4.0 + 5.0) == [
        (5.0 - 1.0 + FILLER_S, Due.FILLER),
        (5.0 - 1.0 + RECONNECT_S, Due.RECONNECT),
        (5.0 - 1.0 + 2 * FILLER_S, Due.FILLER),
    ]
    clip = msgspec.structs.replace(WAITS_FOR_MODEL, sounds_until=3.0)
    assert told(Silence(), clip, 0.0, RECONNECT_S) == [(RECONNECT_S, Due.RECONNECT)]


def test_a_sign_of_life_delays_the_reconnect_and_not_the_next_step() -> None:
    """A new session that opens and then says nothing does not keep the caller waiting for ever."""
    silence = Silence()
    assert told(silence, WAITS_FOR_MODEL, 0.0, 3.9) == [(FILLER_S, Due.FILLER)]
    silence.model_gave_sign(3.9)
    found = told(silence, WAITS_FOR_MODEL, 3.9, 8.0)
    assert [(at, due) for at, due in found if due is not Due.FILLER] == [
        (RECONNECT_S, Due.RECONNECT),
        (pytest.approx(NEXT_STEP_S - 3.9), Due.NEXT_STEP),
    ]


def test_a_model_that_speaks_is_waited_for_anew() -> None:
    """Words or a tool call: the eight seconds begin again."""
    silence = Silence()
    told(silence, WAITS_FOR_MODEL, 0.0, 7.0)
    silence.model_gave_sign(7.0)
    silence.model_served(7.0)
    assert Due.NEXT_STEP not in [due for _, due in told(silence, WAITS_FOR_MODEL, 7.0, 14.0)]
    assert silence.fillers > 0


def test_a_model_that_we_hold_back_owes_nothing() -> None:
    """During a pause before a retry no new leg is opened; the caller's patience runs on."""
    held = msgspec.structs.replace(WAITS_FOR_MODEL, model_owes=False)
    found = [due for _, due in told(Silence(), held, 0.0, NEXT_STEP_S)]
    assert Due.RECONNECT not in found
    assert found[-1] is Due.NEXT_STEP


def test_a_leg_that_nobody_waits_for_is_replaced_in_silence() -> None:
    """It broke while it was the caller's turn: no filler, no next step."""
    quiet = msgspec.structs.replace(CALLERS_TURN, model_owes=True)
    assert told(Silence(), quiet, 0.0, 8.0) == [(4.0, Due.RECONNECT), (8.0, Due.RECONNECT)]


def test_a_silent_caller_is_asked_twice_and_then_left() -> None:
    """From the last sound they heard."""
    scene = msgspec.structs.replace(CALLERS_TURN, sounds_until=2.0)
    found = told(Silence(), scene, 0.0, 2.0 + 3 * REPROMPT_S)
    assert found == [
        (2.0 + REPROMPT_S, Due.REPROMPT),
        (2.0 + 2 * REPROMPT_S, Due.REPROMPT),
        (2.0 + 3 * REPROMPT_S, Due.GOODBYE),
    ]
    assert MOST_REPROMPTS == 2


def test_whoever_speaks_is_asked_anew() -> None:
    """A caller who was there a moment ago is not hung up on."""
    silence = Silence()
    told(silence, CALLERS_TURN, 0.0, 2 * REPROMPT_S)
    silence.caller_is_there()
    silence.look(msgspec.structs.replace(NOTHING, caller_speaks=True), 20.0)
    found = told(silence, CALLERS_TURN, 21.0, 21.0 + 2 * REPROMPT_S)
    assert [due for _, due in found] == [Due.REPROMPT, Due.REPROMPT]


def test_a_caller_who_asked_us_to_wait_is_left_in_peace() -> None:
    """Hold music, or a code that is still on its way."""
    patient = msgspec.structs.replace(CALLERS_TURN, patient=True)
    assert told(Silence(), patient, 0.0, PATIENCE_S) == [(PATIENCE_S, Due.REPROMPT)]


def test_a_caller_who_speaks_stops_every_clock() -> None:
    """Nobody is filled over."""
    silence = Silence()
    silence.look(WAITS_FOR_MODEL, 0.0)
    silence.look(msgspec.structs.replace(WAITS_FOR_MODEL, caller_speaks=True), 1.0)
    assert silence.deadline() is None
    assert silence.take_due(100.0) is None


def test_whether_something_is_due_is_told_without_looking_again() -> None:
    """By how things stood: never too late, and too early only where something has happened since."""
    silence = Silence()
    assert not silence.is_due(1000.0)
    silence.look(WAITS_FOR_MODEL, 10.0)
    assert not silence.is_due(10.0 + FILLER_S - 0.01)
    assert silence.is_due(10.0 + FILLER_S)
    assert silence.take_due(10.0 + FILLER_S) is Due.FILLER
    assert not silence.is_due(10.0 + FILLER_S)
