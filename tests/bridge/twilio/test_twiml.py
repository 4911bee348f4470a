"""The documents we answer with say what they should. tests/oracles compares them with twilio's builder."""

import xml.etree.ElementTree as ET

from bridge.twilio import twiml

BASE = "https://voice.example.test"


def tree(document: str) -> ET.Element:
    """The document's root."""
    return ET.fromstring(document)  # noqa: S314 - our own text


def test_stream_names_a_next_step_and_carries_the_token() -> None:
    """A stream's end, however it comes, leads to /twilio/next, asked again when it fails."""
    assert twiml.stream(BASE, "abc") == (
        '<?xml version="1.0" encoding="UTF-8"?><Response>'
        '<Connect action="https://voice.example.test/twilio/next#rc=3&amp;rp=all" method="POST">'
        '<Stream statusCallback="https://voice.example.test/twilio/status" '
        'url="wss://voice.example.test/twilio/stream">'
        '<Parameter name="token" value="abc" /></Stream></Connect></Response>'
    )


def test_how_long_the_answer_took_travels_with_the_stream() -> None:
    """Beside the token, for whatever process has the stream."""
    found = tree(twiml.stream(BASE, "abc", answered_ms=12)).iter("Parameter")
    assert [parameter.attrib for parameter in found] == [
        {"name": "token", "value": "abc"},
        {"name": "answered_ms", "value": "12"},
    ]


def test_person_is_rung_and_an_action_follows() -> None:
    """Whether or not the person answers, Twilio asks what comes next."""
    root = tree(twiml.person("+12025550100", BASE + "/twilio/handoff"))
    dial = root.find("Dial")
    assert dial is not None
    assert dial.attrib == {
        "action": "https://voice.example.test/twilio/handoff",
        "method": "POST",
        "timeout": "30",
    }
    assert [number.text for number in dial] == ["+12025550100"]


def test_hang_up_with_and_without_words() -> None:
    """A goodbye is said before the line goes dead; without words it just does."""
    assert [child.tag for child in tree(twiml.hang_up("Goodbye."))] == ["Say", "Hangup"]
    assert [child.tag for child in tree(twiml.hang_up())] == ["Hangup"]


def test_words_are_escaped() -> None:
    """An owner's sentence cannot become markup."""
    text = '<Hangup/> & "more"'
    assert tree(twiml.hang_up(text)).findtext("Say") == text


def test_characters_xml_cannot_carry_are_left_out() -> None:
    """A control character in a sentence must not make the whole answer unreadable."""
    assert tree(twiml.hang_up("one\x00\x1f two\ufffe")).findtext("Say") == "one two"


def test_empty() -> None:
    """The answer without words."""
    assert twiml.empty().endswith("<Response />")
