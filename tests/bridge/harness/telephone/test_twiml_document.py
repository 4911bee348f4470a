"""TwiML is read as Twilio reads it."""

import pytest

from bridge.harness.telephone.signed import Answer
from bridge.harness.telephone.twiml_document import BadDocument, Element, parse


def document(inner: str) -> Answer:
    return Answer(200, "text/xml", f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>')


def test_verbs_and_nouns() -> None:
    """Elements come in order, with attributes, words and children."""
    verbs, faults = parse(
        document('<Say> Hello. </Say><Dial timeout="9"><Number>+12025550100</Number></Dial>')
    )
    assert faults == []
    assert verbs == (
        Element("Say", {}, "Hello.", ()),
        Element("Dial", {"timeout": "9"}, "", (Element("Number", {}, "+12025550100", ()),)),
    )


def test_unknown_things_are_faults_and_left_out() -> None:
    """A verb, noun or attribute that is not known does not end the call."""
    verbs, faults = parse(document("<Sing/><Say loud='1'>Hi</Say><Connect><Parameter/></Connect>"))
    assert [verb.name for verb in verbs] == ["Say", "Connect"]
    assert faults == [
        "<Sing> inside <Response> is not known to this stand-in",
        "<Say> has no attribute loud",
        "<Parameter> inside <Connect> is not known to this stand-in",
    ]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(200, "application/json", "{}"), "12300"),
        (Answer(200, "text/plain", "Traceback"), "12300"),
        (Answer(204, "text/xml", ""), "12100"),
        (Answer(200, "text/xml", "<Response><Say>"), "12100"),
        (Answer(200, "text/xml", "<html></html>"), "12100"),
        (document("<Say>" + "a" * 70_000 + "</Say>"), "11750"),
    ],
)
def test_unreadable_documents(answer: Answer, code: str) -> None:
    """What is no document ends the call, with Twilio's code."""
    with pytest.raises(BadDocument) as bad:
        parse(answer)
    assert bad.value.code == code
