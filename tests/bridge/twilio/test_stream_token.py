"""A stream token opens one call's stream for a short while, and nothing else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.twilio.stream_token import MAX_CHARS, Refusal, TokenRefused, check, mint

SECRET = "secret"
CALL = "CA" + "0" * 32
NONCE = "n" * 22
TOKEN = mint(SECRET, CALL, 1_000_060, NONCE)


def refusal(token: str, *, secret: str = SECRET, call_sid: str = CALL, now: float = 1_000_000) -> Refusal:
    """Why `token` is refused."""
    with pytest.raises(TokenRefused) as refused:
        check(secret, token, call_sid, now)
    return refused.value.reason


def test_good_token_gives_its_nonce() -> None:
    """The nonce is what the store consumes."""
    assert check(SECRET, TOKEN, CALL, 1_000_000) == NONCE
    assert check(SECRET, TOKEN, CALL, 1_000_059.9) == NONCE


def test_token_fits_a_parameter_and_any_url() -> None:
    """Short and plain enough for TwiML, logs and proxies, with the longest nonce too."""
    longest = mint(SECRET, CALL, 10**12 - 1, "x" * 128)
    assert len(longest) <= MAX_CHARS
    assert re.fullmatch(r"[A-Za-z0-9._-]+", longest)


def test_expired_token() -> None:
    """At its expiry a token is over."""
    assert refusal(TOKEN, now=1_000_060) is Refusal.EXPIRED


def test_token_of_another_call_or_secret() -> None:
    """A token is bound to its call and to our secret."""
    assert refusal(TOKEN, call_sid="CA" + "1" * 32) is Refusal.FORGED
    assert refusal(TOKEN, secret="other") is Refusal.FORGED


def test_no_part_of_a_token_can_be_changed() -> None:
    """A later expiry or another nonce breaks the seal."""
    expiry, nonce, seal = TOKEN.split(".")
    assert refusal(f"{int(expiry) + 60}.{nonce}.{seal}") is Refusal.FORGED
    assert refusal(f"{expiry}.{'m' * 22}.{seal}") is Refusal.FORGED
    assert refusal(f"{expiry}.{nonce}.{seal[::-1]}") is Refusal.FORGED


@given(st.text())
def test_nonsense_is_malformed(token: str) -> None:
    """Whatever a stranger sends is refused, never a failure."""
    assert refusal(token) is Refusal.MALFORMED


@pytest.mark.parametrize("token", ["", "..", TOKEN + "\n", TOKEN + "=", "9" * 5000, TOKEN.replace(".", "..")])
def test_almost_tokens_are_malformed(token: str) -> None:
    """Only the exact shape is looked into."""
    assert refusal(token) is Refusal.MALFORMED


def test_poor_nonce_or_date_is_our_mistake() -> None:
    """A short nonce or an expiry that is no time is refused when minting."""
    with pytest.raises(ValueError, match="nonce"):
        mint(SECRET, CALL, 1_000_060, "short")
    with pytest.raises(ValueError, match="expiry"):
        mint(SECRET, CALL, -1, NONCE)
