"""Codes: what they are made of, what is kept of them, how they are heard."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.codes import DIGITS, HIDDEN, LENGTH, digest, heard_code, key_of, new_code, without_codes

KEY = key_of("auth token")
CALL, NUMBER = "CA1", "+12025550143"


@given(st.integers())
def test_a_code_can_be_keyed_and_said(seed: int) -> None:
    """Six digits without a 0, and hearing one gives the same one back."""
    code = new_code(random.Random(seed))
    assert len(code) == LENGTH == 6
    assert set(code) <= set(DIGITS)
    assert heard_code(code) == code


def test_every_digit_comes_in_every_place() -> None:
    """No place of a code can be foretold."""
    source = random.Random(1)
    codes = [new_code(source) for _ in range(2000)]
    assert [set(place) for place in zip(*codes, strict=True)] == [set(DIGITS)] * LENGTH


def test_a_digest_is_of_one_call_one_number_and_one_key() -> None:
    """Change any of them, and it is another digest; the code is not in it."""
    right = digest(KEY, call_sid=CALL, number=NUMBER, code="427193")
    assert right == digest(KEY, call_sid=CALL, number=NUMBER, code="427193")
    others = {
        digest(KEY, call_sid="CA2", number=NUMBER, code="427193"),
        digest(KEY, call_sid=CALL, number="+12025550144", code="427193"),
        digest(KEY, call_sid=CALL, number=NUMBER, code="427194"),
        digest(key_of("another token"), call_sid=CALL, number=NUMBER, code="427193"),
    }
    assert len(others) == 4
    assert right not in others
    assert "427193" not in right


def test_the_key_does_not_show_the_secret() -> None:
    """What is derived for codes is not the auth token itself."""
    assert len(KEY) == 32
    assert b"auth token" not in KEY


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("427193", "427193"),
        ("4 2 7 1 9 3", "427193"),
        ("427-193", "427193"),
        (" 42, 71, 93. ", "427193"),
        ("Four two seven one nine three", "427193"),
        ("four two seven, one double nine", "427199"),
        ("triple 4 double three 1", "444331"),
        ("42719", None),
        ("4271933", None),
        ("427190", None),
        ("oh two seven one nine three", None),
        ("four hundred", None),
        ("double double one 2 3 4", None),
        ("1 2 3 4 5 double", None),
        ("double 12 1 2 3 4", None),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", None),
        ("", None),
    ],
)
def test_what_is_heard(words: str, code: str | None) -> None:
    """Digits and their words, however they are grouped; anything else is no code."""
    assert heard_code(words) == code


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("It's 427193.", f"It's {HIDDEN}."),
        ("4 2 7, 1 9 3, please", f"{HIDDEN}, please"),
        ("Four two seven one double nine?", f"{HIDDEN}?"),
        ("Thank you, 427-193 is right.", f"Thank you, {HIDDEN} is right."),
        ("Call me on 415 555 2671.", "Call me on 415 555 2671."),
        ("On the twenty-fourth at 9, for one of us.", "On the twenty-fourth at 9, for one of us."),
        ("Someone said fourteen to one.", "Someone said fourteen to one."),
        ("1 2 3 4 5", "1 2 3 4 5"),
        ("", ""),
    ],
)
def test_a_transcript_without_codes(said: str, kept: str) -> None:
    """What may be a code is hidden; telephone numbers, times and words stay readable."""
    assert without_codes(said) == kept
