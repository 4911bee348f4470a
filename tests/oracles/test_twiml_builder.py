"""Our TwiML is, character for character, what Twilio's own builder makes."""

from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.voice_response import (  # type: ignore[import-untyped]
    Connect,
    Dial,
    Stream,
    VoiceResponse,
)

from bridge.twilio import twiml

# Texts as XML 1.0 can carry them; what else there is, twiml.py leaves out.
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=60
)
BASES = st.sampled_from(["https://voice.example.test", "https://a.example:8443"])


def response(say: str | None) -> VoiceResponse:
    """The library's document, begun with a sentence if there is one."""
    built = VoiceResponse()
    if say is not None:
        built.say(say)
    return built


@given(BASES, texts, st.none() | texts, st.booleans())
def test_stream(base: str, token: str, say: str | None, with_status: bool) -> None:
    """Connect, Stream and Parameter."""
    built = response(say)
    connect = Connect(action=base + "/twilio/next#rc=3&rp=all", method="POST")
    stream = Stream(
        url="wss" + base.removeprefix("https") + "/twilio/stream",
        status_callback=base + "/twilio/status" if with_status else None,
    )
    stream.parameter(name="token", value=token)
    connect.append(stream)
    built.append(connect)
    assert twiml.stream(base, token, say=say, with_status=with_status) == str(built)


@given(texts, texts, st.none() | texts, st.none() | texts, st.integers(1, 600))
def test_person(number: str, action: str, say: str | None, caller_id: str | None, ring_s: int) -> None:
    """Dial and Number."""
    built = response(say)
    dial = Dial(action=action, method="POST", timeout=ring_s, caller_id=caller_id)
    dial.number(number)
    built.append(dial)
    assert twiml.person(number, action, say=say, caller_id=caller_id, ring_s=ring_s) == str(built)


@given(st.none() | texts)
def test_hang_up(say: str | None) -> None:
    """Say and Hangup."""
    built = response(say)
    built.hangup()
    assert twiml.hang_up(say) == str(built)


def test_reject_and_empty() -> None:
    """The documents without words."""
    built = VoiceResponse()
    built.reject(reason="rejected")
    assert twiml.reject("rejected") == str(built)
    assert twiml.empty() == str(VoiceResponse())
