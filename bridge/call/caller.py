"""What follows from what the caller does: speaks, falls silent, never falls silent, presses keys.

Pure. The model's ear tells when they speak; their words come late and move nobody: what sounds like an
emergency only has the agent ask. Whoever speaks silences the agent, except a short noise over the
greeting and whatever is said over the goodbye, which is heard out and answered. Read `ear.py` for what
is noise, `keys.py` for what keys mean, and `session.py` next.
"""

from bridge.call import messages as m
from bridge.call.emergency import ASK_NOTE, emergencies
from bridge.call.keys import PERSON_KEY
from bridge.call.manners import (
    KEY_NOTE,
    MOST_ENDLESS,
    MOST_STRAY_KEYS,
    NOISE_NOTE,
    ONSET_S,
    RAISED_THRESHOLD,
    STRAY_KEY_NOTE,
)
from bridge.call.phases import EndReason, Phase
from bridge.call.state import CallState

# --- speech -----------------------------------------------------------------------


def began(call: CallState, now: float) -> None:
    """The model's ear hears them begin to speak."""
    call.silence.caller_is_there()
    call.turn_is_near = False
    call.ear.began(now)
    call.gate.caller_began(lambda item_id: call.playback.heard_share(item_id, now - ONSET_S))
    if call.ear.is_noisy:
        return  # the same noise, for all that can be told: what is offered against it must be heard
    call.turns.caller_began()
    if call.phase is Phase.LEAVING:
        return  # a "bye" over our goodbye must not cut it
    if _greeting_is_playing(call):
        # The ear says that it was short only after its own stretch of silence.
        call.ear.may_be_noise(now, call.manners.silence_s)
    else:
        interrupt(call, now)


def stopped(call: CallState, now: float) -> None:
    """It hears them fall silent. What they said follows at once, as part of the conversation."""
    call.turn_is_near = call.ear.hears_speech
    if call.ear.is_noisy:
        call.orders.listen(RAISED_THRESHOLD)  # it has an end: whoever speaks may interrupt again
    call.ear.stopped()
    call.turns.caller_stopped(now)
    if call.turn_is_near:
        call.stay()  # or the line would be closed between their last word and its being understood


def finished(call: CallState, item_id: str) -> None:
    """What they said is in the conversation."""
    call.turn_is_near = True
    call.keypad.words_came()
    call.speech.memory.caller_spoke(item_id)
    _answered(call)


def transcribed(call: CallState, item_id: str, text: str) -> None:
    """What they said, in words; a while later, and perhaps wrong: a person is only ever offered for it."""
    call.speech.memory.caller_spoke(item_id, text)
    call.do(m.RecordTurn(item_id, "caller", text))
    new = emergencies(text) - call.emergencies
    if not new:
        return
    call.emergencies |= new
    call.stay()
    if call.phase is not Phase.LEAVING:  # else they are on their way to a person
        call.advise(ASK_NOTE.format(what=" and ".join(sorted(new))))


def _answered(call: CallState) -> None:
    """They have said or keyed something."""
    call.gate.caller_finished()
    call.patient = False
    call.untruths = 0
    call.stay()  # "wait, one more thing": the model answers and says goodbye anew


def _greeting_is_playing(call: CallState) -> bool:
    return call.phase is Phase.GREETING or (
        call.playback.is_playing() and call.speech.nothing_recorded and call.greeting_turn is not None
    )


def interrupt(call: CallState, now: float) -> None:
    """Barge-in: silence at once, and the model told how much was heard."""
    if call.turns.turn_id is not None:
        call.speech.kill_turn(call.turns.turn_id)
        if call.phase is Phase.GREETING:  # the model's ear was told not to interrupt: we do
            call.orders.cancel_turn(call.turns.turn_id)
    call.speech.clear(now, by_caller=True)


# --- keys -------------------------------------------------------------------------


def pressed(call: CallState, digit: str, now: float) -> None:
    """A key: for a person, for the tool that waits for it, or for the model to make sense of."""
    call.silence.caller_is_there()
    if digit == PERSON_KEY:
        _fetch_person(call, EndReason.KEY_ZERO, now)
        return
    if call.phase is Phase.OPENING:
        call.model.keep_note("user", KEY_NOTE.format(keys=digit))
        return
    call.gate.caller_began(lambda item_id: call.playback.heard_share(item_id, now))
    call.stay()  # also for the first of several keys: nobody hangs up meanwhile
    if call.phase is Phase.LEAVING:
        return  # on the way to a person
    answers = call.gate.proposal is not None  # whatever was asked, it may be the yes or the no
    tries = call.keypad.stray_tries(now) if not answers else 0
    if tries > MOST_STRAY_KEYS:
        _fetch_person(call, EndReason.NOT_UNDERSTOOD, now)
        return
    _fall_silent(call, now)
    if (keys := call.keypad.press(digit, now)) is not None:
        _keys_complete(call, keys)
    if tries == MOST_STRAY_KEYS:
        call.note("system", STRAY_KEY_NOTE)


def _keys_complete(call: CallState, keys: str) -> None:
    _answered(call)
    if call.phase is not Phase.LEAVING:
        call.note("user", KEY_NOTE.format(keys=keys))


def _fall_silent(call: CallState, now: float) -> None:
    """Our own interruption: the model's ear heard nothing, so its turn is cancelled by us."""
    if call.turns.turn_id is not None and call.phase is Phase.TALKING:
        call.orders.cancel_turn(call.turns.turn_id)
    interrupt(call, now)


def _fetch_person(call: CallState, reason: EndReason, now: float) -> None:
    """At once, whatever was being said."""
    _fall_silent(call, now)
    call.fetch_person(reason, now)


# --- time passes ------------------------------------------------------------------


def waited(call: CallState, now: float) -> None:
    """Do what is due: it was no short noise; no more keys come; or the speech never ends."""
    if call.ear.take_meant(now) and call.phase is not Phase.LEAVING:
        interrupt(call, now)
    if (keys := call.keypad.overdue(now)) is not None:
        _keys_complete(call, keys)
    if call.phase is not Phase.TALKING or not call.ear.take_endless(now):
        return
    call.turns.was_noise()
    if call.ear.endless > MOST_ENDLESS:
        _fetch_person(call, EndReason.NOT_UNDERSTOOD, now)
        return
    call.orders.listen(RAISED_THRESHOLD, interruptible=False)
    call.do(m.ClearInput(call.orders.new_id("clear")))
    call.note("system", NOISE_NOTE)
