"""Calls as Twilio's REST interface makes, shows and changes them, and when it refuses.

Pure. The legs themselves are the telephone stand-in's. A refusal that our client must never provoke
carries `breach`. Source: Twilio, Call resource and error dictionary (2xxxx).
"""

import re
from collections.abc import Iterable
from typing import Any, Protocol

from bridge.harness.twilio_rest.messages import TwilioError

OVER = ("completed", "busy", "failed", "no-answer", "canceled")
EVENTS = frozenset({"initiated", "ringing", "answered", "completed"})
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_KNOWN = {
    "ring": frozenset(
        {"To", "From", "Url", "Method", "Timeout", "MachineDetection", "MachineDetectionTimeout"}
        | {"StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent"}
    ),
    "update_call": frozenset({"Url", "Method", "Status"}),
    "get_call": frozenset[str](),
}
_REPEATED = frozenset({"StatusCallbackEvent"})


class Legs(Protocol):
    """The telephone's exchange."""

    def ring(self, parameters: dict[str, str], events: Iterable[str]) -> str:
        """Begin to ring; the new leg's CallSid."""

    def status(self, call_sid: str) -> str | None:
        """CallStatus; None for a leg that never was."""

    def redirect(self, call_sid: str, url: str) -> None:
        """Have a live leg go on with another document."""

    def end(self, call_sid: str) -> None:
        """Hang a live leg up."""


def check_call_parameters(operation: str, pairs: list[tuple[str, str]]) -> list[str]:
    """What is wrong with the names of the parameters: none unknown, none twice but lists."""
    names = [name for name, _ in pairs]
    unknown = [f"{operation}: unknown parameter {name}" for name in sorted(set(names) - _KNOWN[operation])]
    twice = sorted(name for name in set(names) - _REPEATED if names.count(name) > 1)
    return unknown + [f"{operation}: {name} twice" for name in twice]


class KeptCalls:
    """The calls of one account, as its REST interface has them."""

    def __init__(self, account_sid: str, numbers: list[str]) -> None:
        self.legs: Legs | None = None
        self._account_sid = account_sid
        self._numbers = numbers

    def ring(self, given: dict[str, str], events: list[str]) -> dict[str, Any]:
        """Make a call. Raises TwilioError."""
        to, sender = given.get("To", ""), given.get("From", "")
        if not _E164.fullmatch(to):
            raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to}", breach=True)
        if sender not in self._numbers:
            # The caller's own number would need the CallToken of the call that came in.
            raise TwilioError(400, 21210, f"'From' number {sender} is not verified", breach=True)
        if not given.get("Url", "").startswith(("https://", "http://")):
            raise TwilioError(400, 21205, "Url is not a valid URL", breach=True)
        if unknown := set(events) - EVENTS:
            raise TwilioError(400, 21626, f"Invalid statusCallbackEvent {min(unknown)}", breach=True)
        timeout = given.get("Timeout", "60")
        if not timeout.isdecimal() or not 1 <= int(timeout) <= 600:
            raise TwilioError(400, 20001, "Timeout must be between 1 and 600", breach=True)
        if given.get("MachineDetection", "Enable") not in ("Enable", "DetectMessageEnd"):
            raise TwilioError(400, 20001, "Invalid MachineDetection", breach=True)
        detection = given.get("MachineDetectionTimeout", "30")
        if not detection.isdecimal() or not 3 <= int(detection) <= 59:
            raise TwilioError(400, 20001, "MachineDetectionTimeout must be between 3 and 59", breach=True)
        sid = self._exchange().ring(given, events or ["completed"])
        return self._call(sid, "queued", {"to": to, "from": sender})

    def update(self, sid: str, given: dict[str, str]) -> dict[str, Any]:
        """Send a call elsewhere, or end it. Raises TwilioError."""
        status = self._status(sid)
        if ("Url" in given) == ("Status" in given):
            raise TwilioError(400, 20001, "either Url or Status is expected", breach=True)
        if status in OVER:
            raise TwilioError(400, 21220, "Call is not in-progress. Cannot redirect.")
        if "Url" in given:
            if not given["Url"].startswith(("https://", "http://")):
                raise TwilioError(400, 21205, "Url is not a valid URL", breach=True)
            if status != "in-progress":
                raise TwilioError(400, 21220, "Call is not in-progress. Cannot redirect.")
            self._exchange().redirect(sid, given["Url"])
        elif given["Status"] == "completed":
            self._exchange().end(sid)
        else:
            raise TwilioError(400, 20001, f"Status {given['Status']} is not simulated", breach=True)
        return self._call(sid, status)

    def get(self, sid: str) -> dict[str, Any]:
        """Raises TwilioError."""
        return self._call(sid, self._status(sid))

    def _exchange(self) -> Legs:
        if self.legs is None:
            raise TwilioError(404, 20404, "no telephone is connected to this stand-in", breach=True)
        return self.legs

    def _status(self, sid: str) -> str:
        status = self._exchange().status(sid)
        if status is None:
            raise TwilioError(404, 20404, "The requested resource was not found")
        return status

    def _call(self, sid: str, status: str, more: dict[str, str] | None = None) -> dict[str, Any]:
        uri = f"/2010-04-01/Accounts/{self._account_sid}/Calls/{sid}.json"
        shown = {"sid": sid, "account_sid": self._account_sid, "status": status, "uri": uri}
        return {**shown, "api_version": "2010-04-01", "direction": "outbound-api", **(more or {})}
