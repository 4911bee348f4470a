"""Calls by REST, as strict as Twilio: what it refuses, and what it only takes no notice of."""

import pytest

from bridge.harness.twilio_rest.calls import KeptCalls, check_call_parameters
from bridge.harness.twilio_rest.messages import TwilioError
from tests.tools.test_legs import Switchgear

OURS, PERSON = "+12025550100", "+12025550180"
GOOD = {"To": PERSON, "From": OURS, "Url": "https://voice.example.test/x"}


def calls() -> tuple[KeptCalls, Switchgear]:
    kept, gear = KeptCalls("AC1", [OURS]), Switchgear()
    kept.legs = gear
    return kept, gear


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": "5550180"}, 21211),
        ({"From": "+12025550143"}, 21210),
        ({"Url": "voice"}, 21205),
        ({"Timeout": "0"}, 20001),
        ({"Timeout": "soon"}, 20001),
        ({"MachineDetection": "Yes"}, 20001),
        ({"MachineDetectionTimeout": "2"}, 20001),
    ],
)
def test_calls_that_twilio_refuses(changed: dict[str, str], code: int) -> None:
    """Our client must never ask for them, so they are breaches."""
    kept, gear = calls()
    with pytest.raises(TwilioError) as refused:
        kept.ring({**GOOD, **changed}, [])
    assert (refused.value.code, refused.value.breach) == (code, True)
    assert gear.rung == []


def test_an_event_that_does_not_exist() -> None:
    """Twilio knows four."""
    with pytest.raises(TwilioError):
        calls()[0].ring(GOOD, ["answered", "hung-up"])


def test_without_wishes_the_end_alone_is_told() -> None:
    """Twilio's default."""
    kept, gear = calls()
    kept.ring(GOOD, [])
    assert gear.rung == [(GOOD, ["completed"])]


@pytest.mark.parametrize("given", [{}, {"Url": "https://a", "Status": "completed"}, {"Status": "busy"}])
def test_changes_that_make_no_sense(given: dict[str, str]) -> None:
    """Either another document or the end."""
    with pytest.raises(TwilioError) as refused:
        calls()[0].update("CA1", given)
    assert refused.value.breach


@pytest.mark.parametrize("state", ["completed", "ringing"])
def test_only_a_live_call_is_redirected(state: str) -> None:
    """No breach: it may have ended in this very moment."""
    kept, gear = calls()
    gear.state = state
    with pytest.raises(TwilioError) as refused:
        kept.update("CA1", {"Url": "https://a"})
    assert (refused.value.code, refused.value.breach) == (21220, False)


def test_parameters_are_known_and_stand_once() -> None:
    """Only the list of events may stand more than once."""
    events = [("StatusCallbackEvent", "answered"), ("StatusCallbackEvent", "completed")]
    assert check_call_parameters("ring", events) == []
    assert check_call_parameters("ring", [("SendDigits", "1"), ("To", "1"), ("To", "2")]) == [
        "ring: unknown parameter SendDigits",
        "ring: To twice",
    ]
