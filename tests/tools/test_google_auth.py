"""Loading the service account's key, and saying what is wrong without showing it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.harness.google.identity import throwaway_service_account
from tools.google_auth import GoogleKeyError, load_service_account, service_account_credentials

ACCOUNT = throwaway_service_account("http://127.0.0.1:1/token")


def test_a_good_key_is_loaded() -> None:
    """The contents come back whole, and credentials ask the token endpoint they name."""
    info = load_service_account(json.dumps(ACCOUNT))
    assert info == ACCOUNT
    assert service_account_credentials(info).service_account_email == ACCOUNT["client_email"]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ACCOUNT.items() if key != name}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{not json secret-part", "not valid JSON"),
        (base64.b64encode(b"{not json secret-part").decode(), "not valid JSON"),
        ("/no/such/file/secret-part.json", "neither JSON"),
        ("secret-part" * 1000, "neither JSON"),
        ("secret-part\0", "neither JSON"),
        (json.dumps(ACCOUNT | {"type": "authorized_user"}), "service_account"),
        (without("private_key"), "lacks private_key"),
        (without("token_uri"), "lacks token_uri"),
        (ACCOUNT | {"client_email": 7}, "lacks client_email"),
    ],
)
def test_a_bad_key_is_named_and_not_shown(given: Any, says: str) -> None:
    """The message says what is wrong and holds nothing of what was given."""
    with pytest.raises(GoogleKeyError, match=says) as failure:
        load_service_account(given)
    assert "secret-part" not in str(failure.value)
    assert "PRIVATE" not in str(failure.value)


def test_a_file_that_is_not_a_key_is_named(tmp_path: Path) -> None:
    """A file with something else in it is not a key."""
    file = tmp_path / "key.json"
    file.write_text("[1]")
    with pytest.raises(GoogleKeyError, match="not an object"):
        load_service_account(str(file))


def test_a_mangled_private_key_is_not_shown() -> None:
    """A private key whose newlines a shell has eaten is refused without its text."""
    info = load_service_account(ACCOUNT | {"private_key": ACCOUNT["private_key"].replace("\n", "\\n")})
    with pytest.raises(GoogleKeyError, match="private key") as failure:
        service_account_credentials(info)
    assert "BEGIN" not in str(failure.value)
