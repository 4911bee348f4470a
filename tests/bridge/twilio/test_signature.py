"""Only requests that Twilio signed for our public address are let in."""

import pytest
from multidict import MultiDict

from bridge.twilio.signature import SignatureCheck

# Vectors made with Twilio's own library for the token "12345".
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675310",
    "Digits": "1234",
    "From": "+14158675310",
    "To": "+18005551212",
}
FORM_SIGNATURE = "L/OH5YylLD5NRKLltdqwSvS0BnU="
SOCKET_SIGNATURE = "Ko8aymfVk0cCegaxVKH0ZCvSyf4="
SOCKET_SLASH_SIGNATURE = "2FSgdRajF1AcedC3OxeCdxXJk50="
HTTPS_SIGNATURE = "NdyWwOAnZvB7daRjuJMnoAC/cO8="


@pytest.fixture
def check() -> SignatureCheck:
    return SignatureCheck("12345", "https://example.com")


def test_signed_form_is_accepted(check: SignatureCheck) -> None:
    """Path and query as received, all fields: Twilio's own example."""
    assert check.http("/myapp.php?foo=1&bar=2", FORM, FORM_SIGNATURE)
    assert check.http("/myapp.php?foo=1&bar=2", MultiDict(FORM), FORM_SIGNATURE)


def test_base_may_end_in_a_slash() -> None:
    """A slash too many in the setting does not lock Twilio out."""
    assert SignatureCheck("12345", "https://example.com/").http(
        "/myapp.php?foo=1&bar=2", FORM, FORM_SIGNATURE
    )


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/myapp.php?foo=1&bar=3", FORM),
        ("/myapp.php", FORM),
        ("/MYAPP.php?foo=1&bar=2", FORM),
        ("/myapp.php?foo=1&bar=2", {**FORM, "Extra": ""}),
        ("/myapp.php?foo=1&bar=2", {**FORM, "From": "+14158675311"}),
        ("/myapp.php?foo=1&bar=2", {**FORM, "Digits": "1234 "}),
        ("/myapp.php?foo=1&bar=2", {}),
        ("myapp.php?foo=1&bar=2", FORM),
        ("http://example.com/myapp.php?foo=1&bar=2", FORM),
        ("*", FORM),
        ("", FORM),
    ],
)
def test_anything_changed_is_refused(check: SignatureCheck, path: str, form: dict[str, str]) -> None:
    """The signature covers every character of path and form."""
    assert not check.http(path, form, FORM_SIGNATURE)


@pytest.mark.parametrize("header", [None, "", "x", FORM_SIGNATURE[:-1], FORM_SIGNATURE.lower(), "é" * 28])
def test_missing_or_wrong_header_is_refused(check: SignatureCheck, header: str | None) -> None:
    """No signature is as bad as a wrong one, and neither fails in another way."""
    assert not check.http("/myapp.php?foo=1&bar=2", FORM, header)
    assert not check.socket("/twilio/media", header)


def test_fragment_is_not_signed(check: SignatureCheck) -> None:
    """Connection overrides stay at Twilio; a fragment on the wire changes nothing."""
    assert check.http("/myapp.php?foo=1&bar=2#rc=3&rp=all", FORM, FORM_SIGNATURE)


def test_other_tokens_signature_is_refused() -> None:
    """Another account's token signs nothing here."""
    other = SignatureCheck("54321", "https://example.com")
    assert not other.http("/myapp.php?foo=1&bar=2", FORM, FORM_SIGNATURE)


def test_socket_is_signed_for_its_wss_address(check: SignatureCheck) -> None:
    """With or without a trailing slash, as Twilio advises; never for https."""
    for path in ("/twilio/media", "/twilio/media/"):
        assert check.socket(path, SOCKET_SIGNATURE)
        assert check.socket(path, SOCKET_SLASH_SIGNATURE)
        assert not check.socket(path, HTTPS_SIGNATURE)
    assert not check.socket("/twilio/other", SOCKET_SIGNATURE)
    assert not check.socket("/", SOCKET_SIGNATURE)


def test_what_is_no_text_is_refused(check: SignatureCheck) -> None:
    """Stray bytes in the path, or an uploaded file in the form, are not Twilio's."""
    assert not check.http("/\udcff", FORM, FORM_SIGNATURE)
    assert not check.http("/a", {**FORM, "From": "\udcff"}, FORM_SIGNATURE)
    assert not check.http("/a", {**FORM, "From": object()}, FORM_SIGNATURE)
    assert not check.socket("/\udcff", SOCKET_SIGNATURE)
