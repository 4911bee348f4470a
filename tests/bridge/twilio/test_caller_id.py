"""Who is calling, as far as the network says so."""

import pytest

from bridge.twilio.caller_id import is_attested, phone_number

CALLER = "+12025550143"
VERDICTS = [
    *("TN-Validation-Passed-B", "TN-Validation-Passed-C", "TN-Validation-Passed"),
    *("TN-Validation-Passed-A-Diverted", "TN-Validation-Passed-A-Passthrough"),
    *("TN-Validation-Failed", "TN-Validation-Failed-A", "No-TN-Validation", ""),
    *(
        "tn-validation-passed-a",
        "TN-Validation-Passed-a",
        "TN-Validation-Passed-A ",
        " TN-Validation-Passed-A",
    ),
    *("TN-Validation-Passed-A\n", "TN-Validation-Passed-\u0410", "A", "true"),
]


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (CALLER, CALLER),
        ("+442079460958", "+442079460958"),
        ("anonymous", None),
        ("", None),
        ("+266696687", None),
        ("+7378742833", None),
        ("sip:somebody@example.com", None),
        ("client:desk", None),
        ("+0123456789", None),
        ("+1202555014", "+1202555014"),
        ("+12", None),
        ("+12025550143; DROP", None),
        ("+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661", None),
    ],
)
def test_phone_numbers(given: str, number: str | None) -> None:
    """Only what is E.164 counts as a number, and not the ones that mean "unknown"."""
    assert phone_number(given) == number


def test_the_network_vouches_for_a_number() -> None:
    """Only by this one word, said once."""
    assert is_attested(CALLER, ["TN-Validation-Passed-A"])


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_other_word_is_none(verdict: str) -> None:
    """Less than full attestation, a forwarded call, a slip of the pen: nobody vouches for anything."""
    assert not is_attested(CALLER, [verdict])


@pytest.mark.parametrize("second", ["TN-Validation-Passed-A", "TN-Validation-Failed", ""])
def test_said_twice_it_is_none(second: str) -> None:
    """Twilio says it once; which of two would count is nobody's to choose."""
    assert not is_attested(CALLER, ["TN-Validation-Passed-A", second])
    assert not is_attested(CALLER, [second, "TN-Validation-Passed-A"])
    assert not is_attested(CALLER, [])


def test_nobody_is_vouched_for() -> None:
    """A withheld number is nobody's, whatever the word."""
    assert not is_attested(None, ["TN-Validation-Passed-A"])
