"""The mail about a booking: the owner's words, and the invitation that goes with them.

Words only; sends nothing, and queues nothing: `notices.py` does the first, the store the
second. An invitation carries the id of the booking that the customer made first, and how often
it was changed since: so a move changes the entry in the customer's calendar, also when it
went into another calendar of the business, and a cancellation takes it out.
"""

from tools.appointment_times import appointment_times
from tools.kit import Kit
from tools.mail_message import LONGEST_SUBJECT, one_line
from tools.ports import Invite
from tools.store import Channel, Notice, Reservation
from tools.written import about


def mailed(
    kit: Kit, row: Reservation, kind: str, *, subject: str, body: str, cancelled: bool = False
) -> tuple[Notice, ...]:
    """One mail to the address of the booking; none without an address, or where no mail is sent.

    `subject` and `body`: the owner's wording. It is due at once: no tool sends it, `recovery.py` does.
    """
    if kit.mail is None or row.customer_email is None:
        return ()
    business, now = kit.business, kit.clock.now()
    start, end = appointment_times(business, row)
    service = business.service(row.service)
    name = row.service if service is None else service.name
    invite = Invite(
        uid=row.first_id or row.id,
        sequence=row.moves + cancelled,
        start=start,
        end=end,
        summary=f"{name[:1].upper()}{name[1:]} at {business.name}",
        location=business.address,
        to=row.customer_email,
        organizer_name=business.name,
        made_at=now,
        cancelled=cancelled,
    )
    notice = Notice(
        kind=kind,
        channel=Channel.EMAIL,
        to=row.customer_email,
        subject=one_line(about(business, row, subject))[:LONGEST_SUBJECT],
        body=about(business, row, body) + "\n",
        invite=kit.mail.invitation(invite),
        due_at=now,
    )
    return (notice,)
