"""What the session does when the caller hears nothing: says how things stand, and does what is due.

Pure. `silence.py` counts and decides; here is who waits for whom, and what each step consists of.
Read `session.py` next.
"""

from bridge.call.clips import Line
from bridge.call.manners import REPROMPT_NOTE
from bridge.call.messages import NextStep
from bridge.call.phases import EndReason, Phase
from bridge.call.recovery import model_lost
from bridge.call.silence import Due, Scene
from bridge.call.state import CallState


def scene(call: CallState, now: float) -> Scene:
    """How things stand."""
    leaving = call.phase is Phase.LEAVING
    opening = call.phase is Phase.OPENING and call.began is not None
    near = call.turn_is_near and not leaving
    asked = call.turns.turn_id is not None if leaving else call.turns.is_due
    on_model = opening or near or asked
    held = call.model.is_paused or (not near and call.turns.is_held(now))
    pending = (on_model and not leaving) or call.batches.is_running
    sounds_until, speaks_until = call.speech.ends_at(now)
    return Scene(
        sounds_until=sounds_until,
        speaks_until=speaks_until,
        caller_speaks=call.ear.hears_speech,
        pending=pending,
        on_model=on_model,
        model_owes=(on_model or not (call.model.is_ready or leaving)) and not held,
        callers_turn=call.phase is Phase.TALKING and not pending,
        patient=call.patient or call.keypad.is_waiting,
    )


def act(call: CallState, now: float) -> None:
    """Do what is due against the silence, if anything.

    As things stood after the last event; only where something would be due they are looked at anew, for
    this event may have changed them. What only this event makes due is due at the next Tick, at once.
    """
    if not call.silence.is_due(now):
        return
    call.silence.look(scene(call, now), now)
    match call.silence.take_due(now):
        case Due.FILLER:
            _fill(call, now)
        case Due.RECONNECT:
            model_lost(call, EndReason.MODEL_SLOW, now, another=call.model.stalled(now))
        case Due.NEXT_STEP:
            call.give_up(EndReason.MODEL_SLOW, now)
        case Due.REPROMPT if call.model.is_ready:
            call.note("system", REPROMPT_NOTE)
        case Due.REPROMPT:
            call.say(Line.STILL_THERE, now)
        case Due.GOODBYE:
            call.say(Line.GOODBYE, now)
            call.start_leaving(NextStep.HANG_UP, EndReason.CALLER_SILENT, now)


def _fill(call: CallState, now: float) -> None:
    """A filler; never between two pieces of a sentence: that is left off, and said anew afterwards."""
    turn_id = call.turns.turn_id
    if turn_id is not None and call.speech.give_up_open_item(turn_id):
        call.orders.cancel_turn(turn_id)
        call.turns.want()
    if call.silence.fillers > 1:
        call.say(Line.STILL_WORKING, now)
    else:
        call.say(Line.ONE_MOMENT if call.model.is_ready or not call.model.reopenings else Line.TROUBLE, now)
