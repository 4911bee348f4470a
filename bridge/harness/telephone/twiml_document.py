"""Reads TwiML as strictly as Twilio documents it: what is unreadable, and what is merely wrong.

Pure. Source: Twilio, Voice TwiML, and errors 11750, 12100, 12200, 12300. An unreadable document
ends the call; an unknown verb, noun or attribute is a warning to Twilio and a breach to us.
Read next: twiml_runner.py.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:  # only its shape: the module itself posts requests
    from bridge.harness.telephone.signed import Answer

LARGEST_BYTES = 64 * 1024
_TYPES = frozenset({"text/xml", "application/xml", "text/html"})

# What this stand-in plays. A verb that is not here may be good TwiML, but the run would prove nothing.
_ATTRIBUTES = {
    "Response": frozenset[str](),
    "Say": frozenset({"voice", "language"}),
    "Play": frozenset[str](),
    "Pause": frozenset({"length"}),
    "Connect": frozenset({"action", "method"}),
    "Stream": frozenset({"url", "name", "track", "statusCallback", "statusCallbackMethod"}),
    "Parameter": frozenset({"name", "value"}),
    "Dial": frozenset({"action", "method", "timeout", "callerId", "answerOnBridge", "timeLimit", "ringTone"}),
    "Number": frozenset[str](),
    "Conference": frozenset(
        {"beep", "startConferenceOnEnter", "endConferenceOnExit", "waitUrl", "waitMethod"}
        | {"statusCallback", "statusCallbackEvent", "statusCallbackMethod", "participantLabel"}
    ),
    "Gather": frozenset({"action", "method", "numDigits", "timeout", "finishOnKey", "input"}),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset[str](),
    "Reject": frozenset({"reason"}),
}
_VERBS = frozenset({"Say", "Play", "Pause", "Connect", "Dial", "Gather", "Redirect", "Hangup", "Reject"})
_CHILDREN = {
    "Response": _VERBS,
    "Connect": frozenset({"Stream"}),
    "Stream": frozenset({"Parameter"}),
    "Dial": frozenset({"Number", "Conference"}),
    "Gather": frozenset({"Say", "Play", "Pause"}),
}


class Element(msgspec.Struct, frozen=True):
    """A verb or a noun."""

    name: str
    attributes: dict[str, str]
    text: str  # white space around it removed
    children: tuple[Element, ...]


class BadDocument(Exception):
    """Twilio cannot use the answer at all. `code` is its error code."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def parse(answer: Answer) -> tuple[tuple[Element, ...], list[str]]:
    """The verbs of a document in order, and what is wrong with it. Raises BadDocument.

    Elements that are not known are left out of the verbs and named among the faults.
    """
    if answer.content_type not in _TYPES:
        raise BadDocument("12300", f"content type {answer.content_type} is not XML")
    body = answer.body.encode()
    if len(body) > LARGEST_BYTES:
        raise BadDocument("11750", f"document of {len(body)} bytes")
    if not body.strip():
        raise BadDocument("12100", "the document is empty")
    try:
        root = ET.fromstring(body)  # noqa: S314 - our own server's answer, in a test
    except ET.ParseError as error:
        raise BadDocument("12100", f"not XML: {error}") from error
    if root.tag != "Response":
        raise BadDocument("12100", f"the document is a <{root.tag}>, not a <Response>")
    faults: list[str] = []
    return _read(root, faults).children, faults


def _read(node: ET.Element, faults: list[str]) -> Element:
    known = _ATTRIBUTES[node.tag]
    faults += [f"<{node.tag}> has no attribute {name}" for name in node.attrib if name not in known]
    children = []
    for child in node:
        if child.tag in _CHILDREN.get(node.tag, ()):
            children.append(_read(child, faults))
        else:
            faults.append(f"<{child.tag}> inside <{node.tag}> is not known to this stand-in")
    return Element(node.tag, dict(node.attrib), (node.text or "").strip(), tuple(children))
