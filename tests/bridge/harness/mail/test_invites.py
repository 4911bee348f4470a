"""The strict reader of invitations: it takes ours, and sees every way in which one can be wrong."""

from collections.abc import Callable

import pytest

from bridge.harness.mail.invites import read_invite

GOOD = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Somebody//EN",
        "METHOD:REQUEST",
        "BEGIN:VEVENT",
        "UID:0123",
        "SEQUENCE:0",
        "DTSTAMP:20261123T140500Z",
        "DTSTART:20261124T190000Z",
        "DTEND:20261124T193000Z",
        r"SUMMARY:Cleaning\, check-up\; and a b",
        " ack\\\\slash",
        "LOCATION:48 Maple Street",
        "STATUS:CONFIRMED",
        'ORGANIZER;CN="Maple; Street":mailto:hello@example.com',
        "ATTENDEE;RSVP=FALSE:mailto:dana@example.com",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def test_a_good_one_is_read() -> None:
    """Lines are unfolded and escapes undone, by rules written down apart from any library."""
    found, wrong = read_invite(GOOD)
    assert wrong == []
    assert found is not None
    assert found.summary == "Cleaning, check-up; and a back\\slash"
    assert (found.organizer, found.attendee) == ("hello@example.com", "dana@example.com")


def without(start: str) -> str:
    return "\r\n".join(line for line in GOOD.split("\r\n") if not line.startswith(start))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: GOOD.replace("\r\n", "\n"),
        lambda: GOOD.removesuffix("\r\n"),
        lambda: GOOD.replace("UID:0123", "UID:" + "0" * 80),
        lambda: GOOD.replace("LOCATION:48", "LOCATION:48\x07"),
        lambda: GOOD.replace("UID:0123", "UID 0123"),
        lambda: GOOD.replace("UID:0123", "UID:0123\r\nUID:0124"),
        lambda: GOOD.replace("UID:0123", "UID:0123\r\nX-MORE:1"),
        lambda: GOOD.replace(r"\,", ","),
        lambda: GOOD.replace(r"\;", r"\x"),
        lambda: GOOD.replace("DTSTART:20261124T190000Z", "DTSTART:20261124T190000"),
        lambda: GOOD.replace("DTEND:20261124", "DTEND:20261123"),
        lambda: GOOD.replace("STATUS:CONFIRMED", "STATUS:CANCELLED"),
        lambda: GOOD.replace("METHOD:REQUEST", "METHOD:PUBLISH"),
        lambda: GOOD.replace("SEQUENCE:0", "SEQUENCE:x"),
        lambda: GOOD.replace("VERSION:2.0", "VERSION:1.0"),
        lambda: GOOD.replace("mailto:hello", "hello"),
        lambda: GOOD.replace("END:VEVENT\r\n", ""),
        lambda: GOOD.replace("END:VEVENT", "END:VTODO"),
        lambda: GOOD + GOOD,
        lambda: "UID:1\r\n" + GOOD,
        lambda: GOOD.replace("END:VEVENT", "BEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT"),
        lambda: "",
        *(lambda start=start: without(start) for start in ("UID", "SEQUENCE", "DTSTAMP", "DTSTART")),
        *(lambda start=start: without(start) for start in ("ORGANIZER", "ATTENDEE", "METHOD", "STATUS")),
    ],
)
def test_a_wrong_one_is_seen(spoil: Callable[[], str]) -> None:
    """One thing wrong, and nothing is given out as read."""
    found, wrong = read_invite(spoil())
    assert found is None or "BEGIN" in spoil()
    assert wrong
