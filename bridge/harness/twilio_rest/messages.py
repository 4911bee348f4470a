"""Messages as Twilio keeps them, and when it refuses one.

Pure; the clock is asked through `now`. A refusal that our client must never provoke carries
`breach`. Source: Twilio, Message resource and error dictionary (21xxx).
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

LONGEST_BODY = 1600  # characters
PAGE_SIZE = 50
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_KNOWN = {
    "create": frozenset({"To", "From", "Body", "StatusCallback"}),
    "list": frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"}),
    "get": frozenset[str](),
}
# Twilio's magic recipients of test credentials.
_MAGIC_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_WORDS = {
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21610: "Attempt to send to unsubscribed recipient",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number",
    21614: "'To' number is not a valid mobile number",
}


class TwilioError(Exception):
    """An error answer."""

    def __init__(self, status: int, code: int, message: str, *, breach: bool = False) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.breach = breach

    def body(self) -> dict[str, Any]:
        """As Twilio words it."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def check_parameters(operation: str, pairs: list[tuple[str, str]]) -> list[str]:
    """What is wrong with the names of the parameters: none unknown, none twice."""
    names = [name for name, _ in pairs]
    unknown = [f"{operation}: unknown parameter {name}" for name in sorted(set(names) - _KNOWN[operation])]
    return unknown + [f"{operation}: {name} twice" for name in sorted(set(names)) if names.count(name) > 1]


class KeptMessages:
    """The messages of one account."""

    def __init__(self, now: Callable[[], datetime], account_sid: str, numbers: list[str]) -> None:
        self.messages: list[dict[str, Any]] = []
        self.refused_numbers: dict[str, int] = dict(_MAGIC_TO)
        self._now = now
        self._account_sid = account_sid
        self._numbers = numbers

    def create(self, given: dict[str, str]) -> dict[str, Any]:
        """Accept a message. Raises TwilioError."""
        to, sender, body = given.get("To", ""), given.get("From", ""), given.get("Body", "")
        if not to:
            raise TwilioError(400, 21604, "A 'To' phone number is required.", breach=True)
        if not sender:
            raise TwilioError(400, 21603, "A 'From' phone number is required.", breach=True)
        if not body:
            raise TwilioError(400, 21602, "Message body is required.", breach=True)
        if len(body) > LONGEST_BODY:
            raise TwilioError(
                400, 21617, "The concatenated message body exceeds the 1600 character limit.", breach=True
            )
        if not _E164.fullmatch(to):
            raise TwilioError(400, 21211, f"Invalid 'To' Phone Number: {to}", breach=True)
        if sender not in self._numbers:
            raise TwilioError(
                400, 21606, f"The 'From' phone number provided ({sender}) is not yours.", breach=True
            )
        if not given.get("StatusCallback", "https://").startswith(("https://", "http://")):
            raise TwilioError(400, 21609, "Invalid 'StatusCallback' URL.", breach=True)
        if to in self.refused_numbers:
            code = self.refused_numbers[to]
            # Twilio's message does name the number, which is why ours must not be passed on.
            raise TwilioError(400, code, f"{_WORDS.get(code, 'Refused')}: {to}")
        message = self._message(to, sender, body)
        self.messages.append(message)
        return message

    def get(self, sid: str) -> dict[str, Any]:
        """Raises TwilioError."""
        for message in self.messages:
            if message["sid"] == sid:
                return message
        raise TwilioError(404, 20404, "The requested resource was not found")

    def page(self, given: dict[str, str], path: str) -> dict[str, Any]:
        """Newest first, filtered by To, From and the day or instant of sending. Raises TwilioError."""
        try:
            bounds = {name: _bound(value) for name, value in given.items() if name.startswith("DateSent")}
            size, number = int(given.get("PageSize", PAGE_SIZE)), int(given.get("Page", 0))
        except ValueError:
            raise TwilioError(400, 20001, "Invalid parameter", breach=True) from None
        found = [
            message
            for message in reversed(self.messages)
            if given.get("To") in (None, message["to"])
            and given.get("From") in (None, message["from"])
            and _within(message["date_sent"], bounds)
        ]
        begin, end = number * size, (number + 1) * size
        address = f"{path}?PageSize={size}&Page="
        return {
            "messages": found[begin:end],
            "page": number,
            "page_size": size,
            "start": begin,
            "end": min(end, len(found)) - 1,
            "uri": address + str(number),
            "first_page_uri": address + "0",
            "next_page_uri": address + str(number + 1) if end < len(found) else None,
            "previous_page_uri": address + str(number - 1) if number else None,
        }

    def _message(self, to: str, sender: str, body: str) -> dict[str, Any]:
        sid = "SM" + hashlib.sha256(f"message {len(self.messages)}".encode()).hexdigest()[:32]
        uri = f"/2010-04-01/Accounts/{self._account_sid}/Messages/{sid}"
        at = format_datetime(self._now().astimezone(UTC))
        return {
            "account_sid": self._account_sid,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": at,
            "date_sent": at,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued",
            "subresource_uris": {"media": uri + "/Media.json"},
            "to": to,
            "uri": uri + ".json",
        }


def _bound(text: str) -> datetime:
    """A day or an instant of GMT."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _within(date_sent: str, bounds: dict[str, datetime]) -> bool:
    """`DateSent>` is from that instant on, `DateSent<` up to it, `DateSent` that day (all as Twilio)."""
    at = datetime.strptime(date_sent, "%a, %d %b %Y %H:%M:%S %z")
    day = bounds.get("DateSent")
    return (
        (day is None or at.date() == day.date())
        and ("DateSent<" not in bounds or at <= bounds["DateSent<"])
        and ("DateSent>" not in bounds or at >= bounds["DateSent>"])
    )
