"""Connection overrides are read from a URL's fragment, within Twilio's limits."""

import pytest

from bridge.harness.telephone.overrides import Overrides, parse_overrides


def test_defaults() -> None:
    """Without a fragment: one retry, only after a failed connect, and 15 s for everything."""
    plain = parse_overrides("https://voice.example.test/twilio/voice")
    assert plain == Overrides(1, frozenset({"ct"}), 5000, 15_000, 15_000)
    assert plain.retries_after("ct")
    assert not plain.retries_after("5xx")


def test_our_own_fragment() -> None:
    """Three more attempts after any failure."""
    ours = parse_overrides("https://voice.example.test/twilio/next#rc=3&rp=all")
    assert ours.retries == 3
    assert all(ours.retries_after(failure) for failure in ("ct", "rt", "4xx", "5xx"))


def test_times_and_a_list_of_failures() -> None:
    """Each part can be set; edges and certificates mean nothing here."""
    some = parse_overrides("https://x/#rc=2&rp=ct,rt,5xx&ct=2000&rt=3000&tt=9000&e=ashburn")
    assert some == Overrides(2, frozenset({"ct", "rt", "5xx"}), 2000, 3000, 9000)


@pytest.mark.parametrize(
    "fragment", ["rc=6", "rc=-1", "rc=", "ct=99", "tt=20000", "rp=6xx", "rp=", "retry=3"]
)
def test_what_twilio_does_not_know(fragment: str) -> None:
    """A wrong override is an error of ours that Twilio would not forgive."""
    with pytest.raises(ValueError, match="connection override"):
        parse_overrides("https://x/#" + fragment)
