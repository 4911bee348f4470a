"""Our TwiML is, character for character, what Twilio's own builder makes."""

from hypothesis import given
from hypothesis import strategies as st
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]
from twilio.twiml.voice_response import (  # type: ignore[import-untyped]
    Connect,
    Dial,
    Gather,
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


@given(BASES, texts, st.none() | texts)
def test_stream(base: str, token: str, say: str | None) -> None:
    """Connect, Stream and Parameter."""
    built = response(say)
    connect = Connect(action=base + "/twilio/next#rc=3&rp=all", method="POST")
    stream = Stream(
        url="wss" + base.removeprefix("https") + "/twilio/stream",
        status_callback=base + "/twilio/status",
    )
    stream.parameter(name="token", value=token)
    connect.append(stream)
    built.append(connect)
    assert twiml.stream(base, token, say=say) == str(built)


@given(BASES, st.sampled_from([twiml.VOICE_PATH, twiml.NEXT_PATH]), st.integers(1, 30), st.none() | texts)
def test_ask_again(base: str, path: str, pause_s: int, say: str | None) -> None:
    """Pause and Redirect."""
    built = response(say)
    built.pause(length=pause_s)
    built.redirect(f"{base}{path}#rc=3&rp=all", method="POST")
    assert twiml.ask_again(base, path, pause_s, say=say) == str(built)


@given(texts, texts, st.none() | texts)
def test_person(number: str, action: str, say: str | None) -> None:
    """Dial and Number."""
    built = response(say)
    dial = Dial(action=action, method="POST", timeout=twiml.RING_S)
    dial.number(number)
    built.append(dial)
    assert twiml.person(number, action, say=say) == str(built)


@given(texts, texts)
def test_hold(room: str, action: str) -> None:
    """Dial and a Conference that a person has to begin."""
    built = response(None)
    dial = Dial(action=action, method="POST")
    dial.conference(room, beep=False, start_conference_on_enter=False, end_conference_on_exit=True)
    built.append(dial)
    assert twiml.hold(room, action) == str(built)


@given(texts)
def test_join(room: str) -> None:
    """Dial and the same Conference, begun."""
    built = response(None)
    dial = Dial()
    dial.conference(room, beep=False, start_conference_on_enter=True, end_conference_on_exit=True)
    built.append(dial)
    assert twiml.join(room) == str(built)


@given(texts, texts)
def test_brief(words: str, key_url: str) -> None:
    """Gather with Say, then Redirect."""
    built = response(None)
    gather = Gather(action=key_url, finish_on_key="", method="POST", num_digits=1, timeout=twiml.KEY_S)
    gather.say(words)
    built.append(gather)
    built.redirect(key_url, method="POST")
    assert twiml.brief(words, key_url) == str(built)


@given(st.none() | texts)
def test_hang_up(say: str | None) -> None:
    """Say and Hangup."""
    built = response(say)
    built.hangup()
    assert twiml.hang_up(say) == str(built)


@given(st.none() | texts)
def test_message(text: str | None) -> None:
    """The answer to a text: Message, or nothing."""
    built = MessagingResponse()
    if text is not None:
        built.message(text)
    assert twiml.message(text) == str(built)


def test_empty() -> None:
    """The document without words."""
    assert twiml.empty() == str(VoiceResponse())
