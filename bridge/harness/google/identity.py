"""The calendar stand-in's token office: a throwaway service account, and tokens for its JWTs.

Written against RFC 7523 and Google's "OAuth 2.0 for service accounts", with `cryptography`
and not with google-auth, so that the client's own code is not its judge. Whether a JWT is
fresh is not judged: the client signs with the real date, the stand-in lives at a pinned one.
"""

import base64
import functools
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

EMAIL = "callbridge@stand-in.iam.gserviceaccount.com"
KEY_ID = "0123456789abcdef0123456789abcdef01234567"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"  # what a JWT is for, wherever it is sent
LONGEST_JWT_S = 3600
TOKEN_LIFE_S = 3599


class TokenRefused(Exception):
    """The token endpoint says no: OAuth's error word and a sentence."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """One key per process: making one takes a noticeable part of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def throwaway_service_account(token_uri: str) -> dict[str, str]:
    """What Google's console gives as a key file; valid only at the stand-in."""
    pem = _key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "stand-in",
        "private_key_id": KEY_ID,
        "private_key": pem.decode(),
        "client_email": EMAIL,
        "client_id": "100000000000000000000",
        "token_uri": token_uri,
        "universe_domain": "googleapis.com",
    }


class TokenOffice:
    """Gives bearer tokens for signed JWTs and knows what each token allows."""

    def __init__(self) -> None:
        self._scopes: dict[str, frozenset[str]] = {}  # by token
        self._given = 0

    def grant(self, form: dict[str, str]) -> dict[str, Any]:
        """The token endpoint's answer. Raises TokenRefused."""
        if form.get("grant_type") != GRANT_TYPE:
            raise TokenRefused("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
        scopes = self._checked_scopes(form.get("assertion", ""))
        self._given += 1
        token = f"ya29.stand-in-{self._given}"
        self._scopes[token] = scopes
        return {"access_token": token, "expires_in": TOKEN_LIFE_S, "token_type": "Bearer"}

    def scopes_of(self, authorization: str) -> frozenset[str] | None:
        """What the header's token allows; None if it is not a token in force."""
        scheme, _, token = authorization.partition(" ")
        return self._scopes.get(token) if scheme == "Bearer" else None

    def revoke_all(self) -> None:
        """Let every token given so far be refused from now on."""
        self._scopes.clear()

    def _checked_scopes(self, assertion: str) -> frozenset[str]:
        parts = assertion.split(".")
        try:
            header, claims, signature = json.loads(_b64(parts[0])), json.loads(_b64(parts[1])), _b64(parts[2])
            if len(parts) != 3 or header["alg"] != "RS256" or header["kid"] != KEY_ID:
                raise ValueError
            life_s = claims["exp"] - claims["iat"]
            issuer, audience, scopes = claims["iss"], claims["aud"], frozenset(claims["scope"].split())
        except (ValueError, LookupError, TypeError, AttributeError):
            raise TokenRefused("invalid_grant", "Invalid JWT.") from None
        signed = f"{parts[0]}.{parts[1]}".encode()
        try:
            _key().public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenRefused("invalid_grant", "Invalid JWT Signature.") from None
        if issuer != EMAIL:
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        if audience != AUDIENCE or not 0 < life_s <= LONGEST_JWT_S:
            raise TokenRefused("invalid_grant", "Invalid JWT: audience or life time.")
        if not scopes:
            raise TokenRefused("invalid_scope", "Empty scope.")
        return scopes


def _b64(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
