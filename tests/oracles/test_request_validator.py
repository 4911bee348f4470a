"""Signatures against Twilio's own library: ours accepts what it makes, and it accepts what ours makes."""

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bridge.harness.telephone.signed import signature
from bridge.twilio.signature import SignatureCheck

BASE = "https://voice.example.test"
TOKEN = "0123456789abcdef0123456789abcdef"

# What a form can carry: any text that has a UTF-8 form, empty and blank ones included.
values = st.text(st.characters(codec="utf-8"), max_size=30)
forms = st.dictionaries(values.filter(bool), values, max_size=12)
# A bare "?" at the end is left out: the library itself loses it when it takes the address apart.
paths = st.text("abc/?=&%20.~_-", max_size=30).map(lambda text: "/" + text.rstrip("?"))


@given(paths, forms)
def test_server_accepts_what_the_library_signs(path: str, form: dict[str, str]) -> None:
    """A form signed by Twilio's library passes our check, and only unchanged."""
    header = RequestValidator(TOKEN).compute_signature(BASE + path, form)
    check = SignatureCheck(TOKEN, BASE)
    assert check.http(path, form, header)
    assert not check.http(path + "x", form, header)
    assert not check.http(path, {**form, "Added": "1"}, header)


@given(paths, forms)
def test_library_accepts_what_the_telephone_signs(path: str, form: dict[str, str]) -> None:
    """The stand-in signs as Twilio does, with code of its own."""
    assert RequestValidator(TOKEN).validate(BASE + path, form, signature(TOKEN, BASE + path, form))


@given(paths.map(lambda path: path.partition("?")[0]))
def test_handshakes_both_ways(path: str) -> None:
    """A handshake is signed for its wss address, without parameters."""
    url = "wss://voice.example.test" + path
    library = RequestValidator(TOKEN).compute_signature(url, {})
    assert signature(TOKEN, url, {}) == library
    assert SignatureCheck(TOKEN, BASE).socket(path, library)
    assert not SignatureCheck(TOKEN, BASE).socket(path + "x", library)
