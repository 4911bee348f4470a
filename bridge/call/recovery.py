"""When the model's leg breaks in mid-call: a new one goes on where the old one stopped.

Pure. What was asked of the old session is forgotten, what tools are doing goes on and is told to the
new one, and nothing is done twice: the model is only told. A proposal has to be read back and
confirmed anew. Read `model_leg.py` for when a new leg is opened, `memory.py` for what it is told.
"""

from bridge.call import messages as m
from bridge.call.manners import MISSED_NOTE
from bridge.call.phases import EndReason, Phase
from bridge.call.state import CallState


def model_lost(call: CallState, reason: EndReason, now: float, *, another: bool) -> None:
    """The model's session is gone. `another`: a new one may be opened; else the next step, for `reason`."""
    owed, missed = call.turn_is_near or call.turns.is_due, call.ear.hears_speech
    turn_id = call.turns.turn_id
    call.turns.forget_all()
    call.ear.stopped()
    call.turn_is_near = False
    call.speech.model_changed(turn_id)
    call.orphans.update(call.batches.running())
    call.gate.begin_anew()
    if call.phase is Phase.LEAVING:
        return  # what was said is still being heard; nothing more is to come
    if not another:
        call.give_up(reason, now)
        return
    if call.phase is Phase.GREETING:
        call.greeting_turn = None
    if missed:
        call.model.keep_note("system", MISSED_NOTE)
    if owed or missed:
        call.turns.want()


def reopen_when_due(call: CallState, now: float) -> None:
    """Open a leg whose time has come; in a pause also one for the old one, whose hour ends."""
    if call.model.is_old(now) and _is_pause(call):
        call.model.renew(now)
        model_lost(call, EndReason.MODEL_LOST, now, another=True)
    waits = call.is_live or call.phase is Phase.OPENING
    if waits and call.model.take_due(now):
        call.do(m.ReopenModel())


def _is_pause(call: CallState) -> bool:
    """Nobody speaks or waits for anything, and no yes is asked for."""
    busy = call.turns.is_due or call.turn_is_near or call.batches.is_running or call.playback.is_playing()
    asked = call.gate.proposal is not None
    return call.phase is Phase.TALKING and not (busy or asked or call.ear.hears_speech)


def tell_new_session(call: CallState) -> None:
    """What the old one knew, what happened meanwhile, and what the caller has been saying."""
    memory, speech = call.speech.memory, call.speech
    notes = call.model.take_notes()
    if call.phase is not Phase.GREETING or not memory.is_empty:
        seed = memory.seed(speech.truth.true, speech.unrecorded(), call.batches.running())
        notes.insert(0, ("system", seed))
    item_id = ""
    for role, text in notes:
        item_id = call.orders.note(role, text)
    for payload_b64 in call.model.take_frames():
        call.do(m.SendFrame(payload_b64))
    call.gate.begin_anew(item_id)
    if call.turns.is_due:
        call.turns.want(after_item=item_id or None)
