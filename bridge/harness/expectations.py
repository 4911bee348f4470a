"""Judges how a replayed call ended: a recording's [expect] against the facts of the run.

Pure. The runner gathers `Facts` from the parties' ledgers and the store; each expectation that
failed becomes a sentence for people. Read first: recording.py, `Expect`.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bridge.harness.recording import Expect


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """How the call really ended."""

    outcome: str  # as the server's call record says it
    end: str  # what the telephone did last: hang_up, person, message or caller_hung_up
    events: tuple[datetime, ...]  # starts of our events in all calendars; wall clock, without a zone
    cancelled: tuple[datetime, ...]  # starts of bookings that were cancelled; wall clock
    moved: tuple[datetime, ...]  # starts that bookings were moved away from; wall clock
    texts: int  # accepted by the Twilio stand-in
    emails: int  # accepted by the mail stand-in
    owner_texts: int = 0  # those of them that told the owner of a task are counted here alone
    owner_emails: int = 0
    callbacks: tuple[str, ...]  # reasons of the tasks for a person, in order
    lead: dict[str, str]  # what was kept of what the caller told
    tools: tuple[str, ...]  # asked by the model, in order
    interruptions: int  # times the agent was cut short
    dialled: str  # E.164 of whom the caller was connected to; "" for nobody
    holds_left: int  # live holds in the store


def failed_expectations(expect: Expect, facts: Facts) -> list[str]:
    """A sentence for each expectation that the facts do not meet; none when all is well."""
    failed = [
        *_differs("outcome", expect.outcome, facts.outcome),
        *_differs("end", expect.end, facts.end),
        *_differs("events at", _moments(expect.events), _moments(facts.events)),
        *_differs("cancelled", _moments(expect.cancelled), _moments(facts.cancelled)),
        *_differs("moved from", _moments(expect.moved), _moments(facts.moved)),
        *_differs("texts", str(expect.texts), str(facts.texts)),
        *_differs("emails", str(expect.emails), str(facts.emails)),
        *_differs("texts to the owner", str(expect.owner_texts), str(facts.owner_texts)),
        *_differs("emails to the owner", str(expect.owner_emails), str(facts.owner_emails)),
        *_differs(
            "callbacks for", ", ".join(expect.callbacks) or "none", ", ".join(facts.callbacks) or "none"
        ),
        *_differs("lead", _told(expect.lead), _told(facts.lead)),
        *_differs("interruptions", str(expect.interruptions), str(facts.interruptions)),
        *_differs("dialled", expect.dialled or "nobody", facts.dialled or "nobody"),
        *_differs("holds left", str(expect.holds_left), str(facts.holds_left)),
    ]
    missing = first_out_of_order(expect.tools, facts.tools)
    if missing is not None:
        wanted, asked = ", ".join(expect.tools), ", ".join(facts.tools) or "none"
        failed.append(f"expected tools {wanted}, but {missing} did not follow: asked were {asked}")
    return failed


def first_out_of_order(wanted: Sequence[str], asked: Sequence[str]) -> str | None:
    """The first of `wanted` that does not come in its turn in `asked`; others may stand between."""
    rest = iter(asked)
    for tool in wanted:
        if tool not in rest:  # looks on from where the last one was found
            return tool
    return None


def _differs(what: str, wanted: str, found: str) -> list[str]:
    return [] if wanted == found else [f"expected {what} {wanted}, was {found}"]


def _told(lead: dict[str, str]) -> str:
    return ", ".join(f"{key} = {value!r}" for key, value in sorted(lead.items())) or "none"


def _moments(moments: Sequence[datetime]) -> str:
    return ", ".join(moment.isoformat(timespec="minutes") for moment in sorted(moments)) or "none"
