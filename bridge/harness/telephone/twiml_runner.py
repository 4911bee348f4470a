"""Follows TwiML as Twilio does: verb by verb, document after document, until the call is over.

No sockets here: what a verb does to the line is asked of a `Line` (phone_call.py is the real
one). Source: Twilio, Voice TwiML: `<Connect>`, `<Stream>`, `<Dial>`, `<Redirect>`, `<Reject>`.
"""

import re
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urljoin

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.conferences import EVENTS, ConferenceOrder
from bridge.harness.telephone.signed import Answer
from bridge.harness.telephone.twiml_document import BadDocument, Element, parse

MAX_REDIRECTS = 10  # Twilio, error 11215
MAX_DOCUMENTS = 60  # ours: a call that asks for more goes round in circles
PLAY_S = 2.0  # every recording is taken to be as long as this
WORD_S = 0.35  # what Twilio's voice needs for a word
_PARAMETER_CHARS = 500  # name and value of a <Parameter> stay below this
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class CallOver(Exception):
    """The call ended while a verb ran. `by` is who hung up."""

    def __init__(self, by: str) -> None:
        super().__init__(by)
        self.by = by


class StreamOrder(msgspec.Struct, frozen=True):
    """A `<Stream>` to open. Addresses are absolute."""

    url: str
    name: str | None
    parameters: dict[str, str]
    status_callback: str | None


class DialResult(msgspec.Struct, frozen=True):
    """How ringing a person ended: the fields Twilio adds to the request of `action`."""

    status: str  # completed, no-answer, ...
    call_sid: str
    duration_s: int


class Line(Protocol):
    """The call as the runner needs it."""

    async def fetch(self, url: str, more: Mapping[str, str]) -> Answer | None:
        """Ask for the next document; None when it cannot be had."""

    async def wait(self, seconds: float) -> None:
        """Let a spoken sentence or a pause go by."""

    async def stream(self, order: StreamOrder) -> None:
        """Run a stream until it is over, or refused. Raises CallOver when the call ended with it."""

    async def dial(self, number: str, ring_s: float) -> DialResult:
        """Ring a person, and let the two talk if the person answers."""

    async def conference(self, order: ConferenceOrder) -> None:
        """Be in a conference until it is over. Raises CallOver when this leg hung up in it."""

    async def gather(self, timeout_s: float) -> str:
        """The key that is pressed, "" for none. Raises CallOver when this leg hung up."""


class _Next(msgspec.Struct, frozen=True):
    """Ask for another document, which replaces the rest of this one."""

    url: str
    more: dict[str, str]


class _Over(msgspec.Struct, frozen=True):
    """The call ends here."""

    by: str


class TwimlRunner:
    """Runs one call's documents. `own_numbers` may stand in callerId: ours and the caller's."""

    def __init__(self, line: Line, ledger: Ledger, own_numbers: frozenset[str]) -> None:
        self._line = line
        self._ledger = ledger
        self._own_numbers = own_numbers
        self._redirects = 0
        self.answered = False  # every verb but <Reject> answers the call
        self.rejected_as: str | None = None  # reason of an executed <Reject>

    async def run(self, url: str) -> str:
        """Ask `url` for the first document and go on to the end. Returns who hung up:
        "twiml", "end of document", "error", or the `by` of a CallOver.
        """
        try:
            asked = _Next(url, {})
            for _ in range(MAX_DOCUMENTS):
                answer = await self._line.fetch(asked.url, asked.more)
                if answer is None:
                    return "error"
                outcome = await self._document(answer, asked.url)
                if isinstance(outcome, _Over):
                    return outcome.by
                asked = outcome
        except CallOver as over:
            return over.by
        self._breach("loop", f"{MAX_DOCUMENTS} documents in one call")
        return "error"

    async def _document(self, answer: Answer, url: str) -> _Next | _Over:
        try:
            verbs, faults = parse(answer)
        except BadDocument as error:
            self._breach(error.code, f"{url}: {error}")
            return _Over("error")
        for fault in faults:
            self._breach("12200", f"{url}: {fault}")
        for verb in verbs:
            self._write_verb(verb)
            outcome = await self._verb(verb, url)
            if outcome is not None:
                return outcome
        return _Over("end of document")

    async def _verb(self, verb: Element, url: str) -> _Next | _Over | None:
        if verb.name == "Reject":
            return self._reject(verb)
        self.answered = True
        match verb.name:
            case "Say":
                if not verb.text:
                    self._breach("13520", "<Say> says nothing")
                await self._line.wait(WORD_S * len(verb.text.split()))
            case "Play":
                await self._line.wait(PLAY_S)
            case "Pause":
                await self._line.wait(self._seconds(verb, "length", 1))
            case "Connect":
                return await self._connect(verb, url)
            case "Dial":
                return await self._dial(verb, url)
            case "Gather":
                return await self._gather(verb, url)
            case "Redirect":
                return self._redirect(verb, url)
            case "Hangup":
                return _Over("twiml")
        return None

    async def _connect(self, verb: Element, url: str) -> _Next | None:
        streams = [child for child in verb.children if child.name == "Stream"]
        if len(streams) != 1:
            self._breach("12200", f"<Connect> with {len(streams)} streams")
        elif order := self._order(streams[0], url):
            await self._line.stream(order)
        return self._action(verb, url, {})

    def _order(self, stream: Element, url: str) -> StreamOrder | None:
        address, question, _ = urljoin(url, stream.attributes.get("url", "")).partition("?")
        if not address.startswith("wss://"):
            self._breach("31922", f"stream address {address} is not wss")
            return None
        if question:
            self._breach("31920", "a stream's address has no query; Twilio strips it")
        if stream.attributes.get("track", "inbound_track") != "inbound_track":
            self._breach("31941", "a bidirectional stream carries the inbound track")
            return None
        parameters: dict[str, str] = {}
        for parameter in stream.children:
            name, value = parameter.attributes.get("name", ""), parameter.attributes.get("value", "")
            if not name or len(name) + len(value) >= _PARAMETER_CHARS:
                self._breach("12200", f"<Parameter> {name!r}: no name, or 500 characters and more")
            parameters[name] = value
        callback = stream.attributes.get("statusCallback")
        self._posts_only(stream, "statusCallbackMethod")
        return StreamOrder(
            url=address,
            name=stream.attributes.get("name"),
            parameters=parameters,
            status_callback=urljoin(url, callback) if callback else None,
        )

    async def _gather(self, verb: Element, url: str) -> _Next | None:
        """One key; more are not simulated. Without one the next verb follows."""
        if verb.attributes.get("numDigits") != "1" or verb.attributes.get("input", "dtmf") != "dtmf":
            self._breach("not simulated", "<Gather> of anything but one key")
        for said in verb.children:
            self._write_verb(said)
            await self._verb(said, url)
        digit = await self._line.gather(self._seconds(verb, "timeout", 5))
        return self._action(verb, url, {"Digits": digit}) if digit else None

    async def _conference(self, verb: Element, url: str) -> _Next | None:
        noun = verb.children[0]
        for attribute in ("beep", "startConferenceOnEnter", "endConferenceOnExit"):
            if noun.attributes.get(attribute, "true") not in ("true", "false"):
                self._breach("12200", f"<Conference> {attribute} is neither true nor false")
        wait_url, callback = noun.attributes.get("waitUrl"), noun.attributes.get("statusCallback")
        events = frozenset(noun.attributes.get("statusCallbackEvent", "").split())
        if unknown := events - EVENTS:
            self._breach("12200", f"<Conference> statusCallbackEvent {min(unknown)}")
        if not noun.text:
            self._breach("13224", "<Conference> without a name")
        order = ConferenceOrder(
            room=noun.text,
            starts=noun.attributes.get("startConferenceOnEnter", "true") == "true",
            ends=noun.attributes.get("endConferenceOnExit", "false") == "true",
            wait_url=urljoin(url, wait_url) if wait_url else wait_url,
            status_callback=urljoin(url, callback) if callback else None,
            events=events,
        )
        await self._line.conference(order)
        return self._action(verb, url, {"DialCallStatus": "answered"})

    async def _dial(self, verb: Element, url: str) -> _Next | None:
        if [child.name for child in verb.children] == ["Conference"]:
            return await self._conference(verb, url)
        numbers = [child.text for child in verb.children] or [verb.text]
        if len(numbers) != 1 or not _E164.fullmatch(numbers[0]):
            self._breach("13224", f"<Dial> {numbers}: not one E.164 number")
        caller_id = verb.attributes.get("callerId")
        if caller_id is not None and caller_id not in self._own_numbers:
            self._breach("13214", f"callerId {caller_id} is neither our number nor the caller's")
        result = await self._line.dial(numbers[0], self._seconds(verb, "timeout", 30))
        more = {
            "DialCallStatus": result.status,
            "DialCallSid": result.call_sid,
            "DialBridged": "true" if result.status == "completed" else "false",
        }
        if result.status == "completed":
            more["DialCallDuration"] = str(result.duration_s)
        return self._action(verb, url, more)

    def _redirect(self, verb: Element, url: str) -> _Next | _Over:
        self._redirects += 1
        if self._redirects > MAX_REDIRECTS:
            self._breach("11215", f"more than {MAX_REDIRECTS} redirects")
            return _Over("error")
        self._posts_only(verb, "method")
        return _Next(urljoin(url, verb.text), {})

    def _reject(self, verb: Element) -> _Over:
        reason = verb.attributes.get("reason", "rejected")
        if self.answered:
            self._breach("12200", "<Reject> on an answered call")
        if reason not in ("rejected", "busy"):
            self._breach("12200", f"<Reject> for reason {reason}")
        self.rejected_as = reason
        return _Over("twiml")

    def _action(self, verb: Element, url: str, more: dict[str, str]) -> _Next | None:
        self._posts_only(verb, "method")
        action = verb.attributes.get("action")
        return _Next(urljoin(url, action), more) if action else None

    def _posts_only(self, element: Element, attribute: str) -> None:
        if element.attributes.get(attribute, "POST") != "POST":
            self._breach("not simulated", f"<{element.name}> asks for a {attribute} other than POST")

    def _seconds(self, verb: Element, attribute: str, default: int) -> int:
        value = verb.attributes.get(attribute, str(default))
        if value.isdecimal():
            return int(value)
        self._breach("12200", f"<{verb.name}> {attribute} is {value!r}, not seconds")
        return default

    def _write_verb(self, verb: Element) -> None:
        text = verb.text or " ".join(child.text for child in verb.children if child.text)
        self._ledger.write("verb", name=verb.name, attributes=dict(verb.attributes), text=text)

    def _breach(self, what: str, detail: str) -> None:
        self._ledger.write("breach", what=what, detail=detail)
