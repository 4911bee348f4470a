"""What a call knows, as text and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bridge.call.snapshot import VERSION, Line, Snapshot, SnapshotError, decode, encode
from tools.facts import CallFacts, Done, Move
from tools.result import Claim
from tools.slots import Slot
from tools.store import Lead, Reservation, ReservationState

ZONE = ZoneInfo("America/New_York")
TWO_PM = datetime(2026, 11, 25, 14, tzinfo=ZONE)
HALF_PAST = datetime(2026, 11, 25, 14, 30, tzinfo=ZONE)
CHAIR = "chair-1@maplestreet.example"
ROW = Reservation(
    id="row",
    calendar_id=CHAIR,
    service="cleaning",
    start=TWO_PM.astimezone(UTC),
    end=HALF_PAST.astimezone(UTC),
    state=ReservationState.BOOKED,
    call_sid="CA1",
    caller_number="+12025550143",
    expires_at=None,
)
FACTS = CallFacts(
    call_sid="CA1",
    caller_number="+12025550143",
    our_number="+12025550100",
    attested=True,
    next_booking=ROW,
    found={"booking_1": ROW},
    lead=Lead(name="Dana Reed", fields={"plan": "Delta"}),
    offered={"slot_1": Slot(id="slot_1", calendar_id=CHAIR, service="cleaning", start=TWO_PM, end=HALF_PAST)},
    hold_id="hold",
    held_slot_id="slot_1",
    moving=Move(booking_id="booking_1", moved_from="row", slot_id="slot_1", hold_id="hold"),
    done={"booking_1": Done(claim=Claim.MOVED, service="cleaning", start=TWO_PM, was=HALF_PAST)},
    misunderstood=1,
)
SNAPSHOT = Snapshot(facts=FACTS, said=(Line("caller", "Zoë said “yes”."),), greeted=True, spent=12)


def test_there_and_back() -> None:
    """Every fact, the last words and the money are as they were."""
    assert decode(encode(SNAPSHOT), ZONE) == SNAPSHOT


def test_every_fact_is_in_it() -> None:
    """A fact that is added later goes the same way: nothing is picked out."""
    assert msgspec.json.decode(encode(SNAPSHOT))["facts"].keys() == set(CallFacts.__struct_fields__)


def test_times_are_on_the_businesss_clock_again() -> None:
    """Half a year later the clocks differ by an hour: an offset alone would be wrong."""
    facts = decode(encode(SNAPSHOT), ZONE).facts
    done = facts.done["booking_1"]
    times = [facts.offered["slot_1"].start, facts.offered["slot_1"].end, done.start, done.was]
    assert [time.tzinfo for time in times if time] == [ZONE] * 4


@pytest.mark.parametrize(
    "text",
    ["", "null", "{}", "[1]", "\ud800", encode(SNAPSHOT)[:-9], f'{{"version": {VERSION}}}', "[" * 100_000],
)
def test_what_is_no_snapshot(text: str) -> None:
    """It is refused, whatever it is."""
    with pytest.raises(SnapshotError):
        decode(text, ZONE)


def test_one_of_another_version() -> None:
    """An older process does not guess what a newer one has written."""
    with pytest.raises(SnapshotError, match="another version"):
        decode(encode(msgspec.structs.replace(SNAPSHOT, version=VERSION + 1)), ZONE)
