"""The service account: where its key comes from, and the tokens made with it.

The key is given as the JSON itself, as base64 of it (shells mangle the newlines of a key),
or as a file's path. No message here ever contains any part of what was given.
Read next: `google_client.py`.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from google.oauth2 import service_account

# The narrowest pair that reads free/busy and reads and writes events.
SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.freebusy",
)
_NEEDED = ("client_email", "private_key", "token_uri")


class GoogleKeyError(ValueError):
    """The service account cannot be used; the text says why and holds no secret."""


def load_service_account(given: str | Mapping[str, Any]) -> dict[str, Any]:
    """The key file's contents. Raises GoogleKeyError.

    `given`: the contents themselves, their JSON, base64 of the JSON, or a file's path.
    """
    info = _parse(given) if isinstance(given, str) else dict(given)
    if info.get("type") != "service_account":
        raise GoogleKeyError('the service account JSON must say "type": "service_account"')
    missing = [name for name in _NEEDED if not isinstance(info.get(name), str) or not info[name]]
    if missing:
        raise GoogleKeyError(f"the service account JSON lacks {', '.join(missing)}")
    return info


def service_account_credentials(info: Mapping[str, Any]) -> service_account.Credentials:
    """Credentials for SCOPES; tokens come from the `token_uri` in `info`. Raises GoogleKeyError."""
    try:
        return service_account.Credentials.from_service_account_info(info, scopes=SCOPES)  # type: ignore[no-untyped-call, no-any-return]
    except ValueError:
        # The library's own text can quote the key, so it is not passed on.
        raise GoogleKeyError("the service account's private key is not readable") from None


def _parse(text: str) -> dict[str, Any]:
    text = text.strip()
    if text.startswith("{"):
        return _object(text)
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if decoded.lstrip().startswith(b"{"):
        return _object(decoded)
    try:
        return _object(Path(text).read_bytes())
    except (OSError, ValueError) as error:
        if isinstance(error, GoogleKeyError):
            raise
        raise GoogleKeyError(
            "the service account is neither JSON, nor base64 of JSON, nor a file that can be read"
        ) from None


def _object(text: str | bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise GoogleKeyError("the service account is not valid JSON") from None
    if not isinstance(value, dict):
        raise GoogleKeyError("the service account JSON is not an object")
    return value
