"""The one-time token that ties a stream to the call whose webhook we answered.

Pure. Twilio does not sign what a socket says in its `start`, so the TwiML carries a token and
`start` brings it back: an HMAC over the call's id, an expiry and a nonce. That it is used
only once is the store's business, by the nonce. Read next: routes.py.
"""

import enum
import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

MAX_CHARS = 480  # Twilio: name and value of a <Parameter> together stay under 500
_PURPOSE = "callbridge stream token"  # so that the secret's other uses never yield a token
_TOKEN = re.compile(r"(?P<expiry>[0-9]{1,12})\.(?P<nonce>[A-Za-z0-9_-]{16,128})\.(?P<seal>[A-Za-z0-9_-]{43})")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,128}")


class Refusal(enum.StrEnum):
    """Why a token is not taken."""

    MALFORMED = "malformed"
    FORGED = "forged"  # wrong secret, another call, or changed on the way
    EXPIRED = "expired"


class TokenRefused(Exception):
    """The stream must not be served. `reason` is for our log; the peer is told nothing."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


def mint(secret: str, call_sid: str, expires_at: int, nonce: str) -> str:
    """A token for `call_sid`, good until `expires_at` (unix seconds), under 500 characters, URL-safe.

    `nonce` is at least 16 URL-safe characters of fresh randomness (`secrets.token_urlsafe(16)`).
    """
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce is 16 to 128 URL-safe characters")
    if not 0 <= expires_at < 10**12:
        raise ValueError("an expiry is in unix seconds")
    return f"{expires_at}.{nonce}.{_seal(secret, call_sid, expires_at, nonce)}"


def check(secret: str, token: str, call_sid: str, now: float) -> str:
    """The nonce of `token`, when it is ours, for `call_sid`, and not expired at `now` (unix seconds).

    Raises TokenRefused otherwise. The caller must still consume the nonce in the store.
    """
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise TokenRefused(Refusal.MALFORMED)
    expires_at, nonce = int(parts["expiry"]), parts["nonce"]
    if not hmac.compare_digest(_seal(secret, call_sid, expires_at, nonce), parts["seal"]):
        raise TokenRefused(Refusal.FORGED)
    if now >= expires_at:
        raise TokenRefused(Refusal.EXPIRED)
    return nonce


def _seal(secret: str, call_sid: str, expires_at: int, nonce: str) -> str:
    # Expiry and nonce cannot contain a line break, so no two triples give the same text.
    text = "\n".join((_PURPOSE, str(expires_at), nonce, call_sid))
    digest = hmac.digest(secret.encode(), text.encode("utf-8", "replace"), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
