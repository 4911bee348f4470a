"""Writes the iCalendar file that puts a booking into the customer's own calendar, or takes it out.

Pure. Folding and escaping are the library's; what may stand in it at all is decided here.
Source: RFC 5545 (the file), RFC 5546 (REQUEST and CANCEL). `mail_notices.py` says what is in
it, `mail.py` sends it.
"""

from datetime import UTC

from icalendar import Calendar, Event, vCalAddress

from tools.mail_message import one_line
from tools.ports import Invite

PRODUCT = "-//Callbridge//Callbridge//EN"


def calendar_file(invite: Invite, organizer: str) -> str:
    """The file, lines ended by CRLF. `organizer`: the email address that it comes from.

    Times are in UTC: it is one appointment at one instant, the same as in our row and in the
    business's calendar, so there is no rule of a zone that a receiver could get wrong.
    """
    event = Event()
    event.add("uid", invite.uid)
    event.add("sequence", invite.sequence)
    event.add("dtstamp", invite.made_at.astimezone(UTC))
    event.add("dtstart", invite.start.astimezone(UTC))
    event.add("dtend", invite.end.astimezone(UTC))
    event.add("summary", one_line(invite.summary))
    event.add("location", one_line(invite.location))
    event.add("status", "CANCELLED" if invite.cancelled else "CONFIRMED")
    event.add("organizer", _person(organizer, cn=one_line(invite.organizer_name)))
    # The customer has said yes on the telephone: nobody waits for an answer.
    event.add("attendee", _person(invite.to, role="REQ-PARTICIPANT", partstat="ACCEPTED", rsvp="FALSE"))
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("method", "CANCEL" if invite.cancelled else "REQUEST")
    file.add_component(event)
    written: bytes = file.to_ical()
    return written.decode()


def _person(address: str, **parameters: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{address}")
    for name, value in parameters.items():
        person.params[name.upper()] = value
    return person
