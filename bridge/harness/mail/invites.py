"""Reads an invitation as strictly as RFC 5545 and RFC 5546 are written, and no more of them than we use.

Pure. Knows nothing of the library that wrote it. `read_invite` gives what it says and everything
that is wrong with it. Used by `mail/messages.py`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

LONGEST_LINE = 75  # octets, without the line's end
# A name, parameters with plain or quoted values, a value. RFC 5545, 3.1.
_LINE = re.compile(
    r'(?P<name>[A-Z][A-Z-]*)(?P<parameters>(?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(?P<value>.*)', re.DOTALL
)
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_INSTANT = re.compile(r"\d{8}T\d{6}Z")
_MAILTO = re.compile(r"mailto:[^@\s:]+@[^@\s:]+")
_ONCE = {
    "VCALENDAR": {"VERSION", "PRODID", "METHOD"},
    "VEVENT": {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS"),
        *("ORGANIZER", "ATTENDEE"),
    },
}
_STATUS = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}


class SeenInvite(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation says."""

    method: str
    uid: str
    sequence: int
    start: datetime  # aware
    end: datetime  # aware
    summary: str
    location: str
    organizer: str  # email address
    attendee: str  # email address


def read_invite(file: str) -> tuple[SeenInvite | None, list[str]]:
    """The invitation, and what is wrong with the file. None: it cannot be read at all."""
    wrong = list(_wrong_lines(file))
    events: dict[str, list[dict[str, str]]] = {"VCALENDAR": [], "VEVENT": []}
    wrong += _sort(file, events)
    if [len(found) for found in events.values()] != [1, 1]:
        return None, [*wrong, "not one VEVENT in one VCALENDAR"]
    for name, [found] in events.items():
        if found.keys() != _ONCE[name]:
            wrong.append(f"{name}: {', '.join(sorted(found.keys() ^ _ONCE[name]))} missing or unknown")
    if wrong:
        return None, wrong
    values = events["VCALENDAR"][0] | events["VEVENT"][0]
    wrong += _wrong_values(values)
    if wrong:
        return None, wrong
    return (
        SeenInvite(
            method=values["METHOD"],
            uid=values["UID"],
            sequence=int(values["SEQUENCE"]),
            start=_instant(values["DTSTART"]),
            end=_instant(values["DTEND"]),
            summary=_plain(values["SUMMARY"]),
            location=_plain(values["LOCATION"]),
            organizer=values["ORGANIZER"].removeprefix("mailto:"),
            attendee=values["ATTENDEE"].removeprefix("mailto:"),
        ),
        [],
    )


def _wrong_lines(file: str) -> Iterator[str]:
    if not file.endswith("\r\n"):
        yield "does not end with a line's end"
    if re.search(r"(?<!\r)\n|\r(?!\n)", file):
        yield "a line does not end with CRLF"
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", file):
        yield "a control character"
    for line in file.split("\r\n"):
        if len(line.encode()) > LONGEST_LINE:
            yield f"a line of {len(line.encode())} octets"


def _sort(file: str, found: dict[str, list[dict[str, str]]]) -> list[str]:
    """Put every property into the part of the file that it belongs to; what is wrong on the way."""
    wrong: list[str] = []
    inside: list[str] = []
    for line in re.sub(r"\r\n[ \t]", "", file).removesuffix("\r\n").split("\r\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            wrong.append("a line that is no property")
            continue
        name, value = match["name"], match["value"]
        if name == "BEGIN":
            inside.append(value)
            found.setdefault(value, []).append({})
        elif name == "END":
            if not inside or inside.pop() != value:
                wrong.append(f"END:{value} without its beginning")
        elif not inside:
            wrong.append(f"{name} outside of everything")
        else:
            properties = found[inside[-1]][-1]
            if name in properties:
                wrong.append(f"{name} twice")
            properties[name] = value
    if inside or len(found) > len(_ONCE):
        wrong.append("a part without an end, or an unknown one")
    return wrong


def _wrong_values(values: dict[str, str]) -> Iterator[str]:
    if values["VERSION"] != "2.0":
        yield "not version 2.0"
    if _STATUS.get(values["METHOD"]) != values["STATUS"]:
        yield f"{values['METHOD']} with the status {values['STATUS']}"
    if not (values["SEQUENCE"].isascii() and values["SEQUENCE"].isdigit()):
        yield "SEQUENCE is no number"
    for name in ("UID", "SUMMARY", "LOCATION"):
        if not values[name] or not _TEXT.fullmatch(values[name]):
            yield f"{name} is empty or badly escaped"
    for name in ("ORGANIZER", "ATTENDEE"):
        if not _MAILTO.fullmatch(values[name]):
            yield f"{name} is no address"
    instants = [name for name in ("DTSTAMP", "DTSTART", "DTEND") if not _INSTANT.fullmatch(values[name])]
    yield from (f"{name} is no instant in UTC" for name in instants)
    if not instants and values["DTEND"] <= values["DTSTART"]:
        yield "it ends before it begins"


def _instant(value: str) -> datetime:
    return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _plain(value: str) -> str:
    return re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], value)
