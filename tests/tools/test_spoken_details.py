"""Digits and letters, one by one, and the sentences around them."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import spoken_details
from tools.spoken_details import SIGNS, email_words, name_words, phone_words

LOCAL = st.text(string.ascii_lowercase + string.digits + "._-+'", min_size=1, max_size=12)
DOMAIN = st.lists(
    st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=8)
    | st.sampled_from(sorted(spoken_details.WORDS)),
    min_size=2,
    max_size=4,
)
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIGN_OF = {word: sign for sign, word in SIGNS.items()} | {word: str(n) for n, word in enumerate(DIGITS)}


def written(words: str) -> str:
    """What somebody writes down who hears the words."""
    return "".join(SIGN_OF.get(word, word).lower() for word in words.split(", "))


def test_a_number_is_said_digit_by_digit_in_groups() -> None:
    """Zeros are said, and every group stands apart."""
    assert phone_words(["202", "555", "0143"]) == "two zero two, five five five, zero one four three"
    assert phone_words(["+44", "20"]) == "plus four four, two zero"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("dana@example.com", "D, A, N, A, at, example, dot, com"),
        ("d.reed_7@gmail.com", "D, dot, R, E, E, D, underscore, seven, at, gmail, dot, com"),
        ("a+b@my-shop.co.uk", "A, plus, B, at, M, Y, dash, S, H, O, P, dot, C, O, dot, U, K"),
        ("o'neil@mail.example.org", "O, apostrophe, N, E, I, L, at, M, A, I, L, dot, example, dot, org"),
    ],
)
def test_an_address_is_spelt(address: str, words: str) -> None:
    """Well-known parts of the domain are words, everything else is spelt."""
    assert email_words(address) == words


@given(local=LOCAL, domain=DOMAIN)
def test_whoever_writes_a_spelt_address_down_has_the_address(local: str, domain: list[str]) -> None:
    """No two addresses sound the same."""
    address = f"{local}@{'.'.join(domain)}"
    assert written(email_words(address)) == address


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Dana Reed", "D, A, N, A; R, E, E, D"),
        ("Ann-Marie O’Neil", "A, N, N, dash, M, A, R, I, E; O, apostrophe, N, E, I, L"),
        ("Reed, Jr.", "R, E, E, D; J, R, dot"),
        ("José", "J, O, S, É"),
    ],
)
def test_a_name_is_spelt(name: str, words: str) -> None:
    """Every word of a name that was spelt is spelt back."""
    assert name_words(name) == words


def test_no_sentence_claims_that_anything_is_done() -> None:
    """They repeat, ask and thank."""
    assert spoken_details.read_back("the number", "one two") == "I have the number as one two."
    assert spoken_details.is_that_right().endswith("?")
    assert spoken_details.noted() == "Thank you."
    assert spoken_details.number_again().endswith("with the area code?")
    assert spoken_details.email_again().endswith("Could you spell it for me?")
    assert "can't tell" in spoken_details.details_unknown()
