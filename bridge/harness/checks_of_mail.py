"""Rules about mail: at most once, only to the address of its booking or the owner's, the invitation true.

Pure. Rules of checker.py, which see; what they read is in evidence.py, what a mail is in
mail/messages.py.
"""

from collections import Counter
from collections.abc import Iterator

from bridge.harness.evidence import Evidence, instant
from bridge.harness.mail.messages import ReceivedMail
from tools.store import Channel, Reservation, Text, TextState

PERHAPS_SENT = (TextState.SENT, TextState.UNKNOWN)


def mails_at_most_once(evidence: Evidence) -> Iterator[str]:
    """One mail of a kind for a booking, and only to the address that the booking has; one to the owner for
    a task.
    """
    queued = {text.id: text for text in evidence.rows.texts if text.channel is Channel.EMAIL}
    rows = {row.id: row for row in evidence.rows.reservations}
    kinds: Counter[tuple[str | None, str]] = Counter()
    for mail in evidence.mails:
        text = queued.get(mail.message_id)
        row = rows.get(text.reservation_id or "") if text is not None else None
        if text is not None and text.callback_id is not None:
            kinds[text.callback_id, text.kind] += 1
            yield from _wrong_to_owner(evidence, mail, text)
            continue
        if text is None or row is None:
            yield "a mail was sent that is not in the outbox, or about no booking"
            continue
        kinds[row.id, text.kind] += 1
        if mail.to != row.customer_email:
            yield "a mail went to an address that is not the booking's"
        if text.state not in PERHAPS_SENT:
            yield f"a mail was sent, and the outbox says {text.state}"
        yield from _wrong_invite(evidence, mail, text, row)
    yield from (f"{count} {kind} mails about one" for (_, kind), count in kinds.items() if count > 1)
    sent = sum(text.state is TextState.SENT for text in queued.values())
    if sent > len(evidence.mails):
        yield f"the outbox says {sent} mails were sent, the server has {len(evidence.mails)}"


def _wrong_to_owner(evidence: Evidence, mail: ReceivedMail, text: Text) -> Iterator[str]:
    if mail.to != evidence.owner_email:
        yield "a mail for the owner went to an address that is not the owner's"
    if mail.invite is not None:
        yield "a mail for the owner has an invitation"
    if text.state not in PERHAPS_SENT:
        yield f"a mail was sent, and the outbox says {text.state}"


def _wrong_invite(evidence: Evidence, mail: ReceivedMail, text: Text, row: Reservation) -> Iterator[str]:
    invite = mail.invite
    if invite is None:
        yield "a mail about a booking has no invitation that can be read"
        return
    if (invite.method == "CANCEL") != (text.kind == "cancelled"):
        yield f"the invitation of a {text.kind} mail is a {invite.method}"
    if invite.start != row.start or not row.start < invite.end <= row.end:
        yield "an invitation and its booking are at different times"
    for calendar in evidence.calendar_events.values():
        event = calendar.get(row.event_id or "")
        stands = event is not None and event["status"] != "cancelled" and instant(event, "start") == row.start
        if event is not None and stands and instant(event, "end") != invite.end:
            yield "an invitation and its event end at different times"
    changed = row.moves + (invite.method == "CANCEL")
    if (invite.uid, invite.sequence) != (row.first_id or row.id, changed):
        yield "an invitation is not of the appointment that the customer's calendar has"
