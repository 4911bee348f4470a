"""The caller's side: noise, speech and what never ends."""

from bridge.call.ear import CallerEar
from bridge.call.manners import ENDLESS_SPEECH_S, GREETING_NOISE_S


def test_a_short_noise_is_never_meant() -> None:
    """It ended before it could be speech."""
    ear = CallerEar()
    ear.began(10.0)
    ear.may_be_noise(10.0, 0.5)
    assert ear.deadline(talking=False) == 10.0 + GREETING_NOISE_S + 0.5
    ear.stopped()
    assert not ear.take_meant(20.0)
    assert ear.deadline(talking=True) is None


def test_speech_that_goes_on_is_meant_once() -> None:
    """Then whatever is playing is cut."""
    ear = CallerEar()
    ear.began(10.0)
    ear.may_be_noise(10.0, 0.5)
    assert not ear.take_meant(11.0)
    assert ear.take_meant(11.2)
    assert not ear.take_meant(12.0)


def test_speech_without_end_is_found_once() -> None:
    """A television; afterwards nobody is speaking any more."""
    ear = CallerEar()
    ear.began(10.0)
    assert ear.deadline(talking=True) == 10.0 + ENDLESS_SPEECH_S
    assert ear.deadline(talking=False) is None
    assert not ear.take_endless(10.0 + ENDLESS_SPEECH_S - 0.1)
    assert ear.take_endless(10.0 + ENDLESS_SPEECH_S)
    assert not ear.hears_speech
    assert not ear.take_endless(100.0)


def test_speech_without_end_is_counted_until_somebody_stops() -> None:
    """Who falls silent can be heard: the count begins anew. What stops after it was given up says nothing."""
    ear = CallerEar()
    for at in (10.0, 40.0):
        ear.began(at)
        assert ear.endless_at == at + ENDLESS_SPEECH_S
        assert ear.take_endless(at + ENDLESS_SPEECH_S)
        assert ear.is_noisy
        ear.stopped()
        assert not ear.is_noisy
    assert ear.endless == 2
    ear.began(70.0)
    ear.stopped()
    assert ear.endless == 0
    assert ear.endless_at is None
