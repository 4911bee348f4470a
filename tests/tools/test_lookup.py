"""find_bookings: shown to whom they belong, and to nobody else."""

from typing import Any

import msgspec
import pytest

from tests.tools.scene import HANG, Scene
from tools import spoken_changes
from tools.result import Claim, Receipt
from tools.store import ReservationState, StoreUnavailable

NOON = "2026-11-24T12:00:00-05:00"


async def test_a_booking_is_found(scene: Scene) -> None:
    """With its service and start, in words and for the model, and a receipt that it stands."""
    row = await scene.booked_before()
    scene.facts.attested = True
    result = await scene.run("find_bookings")
    assert result.output == {
        "ok": True,
        "say": "You have a cleaning on Tuesday, November twenty-fourth at noon.",
        "bookings": [
            {
                "id": "booking_1",
                "spoken": "Tuesday, November twenty-fourth at noon",
                "service": "cleaning",
                "start": NOON,
            }
        ],
    }
    assert result.receipts == (Receipt(Claim.BOOKED, row.id, says=result.output["say"]),)
    assert scene.facts.found == {"booking_1": row}


async def test_several_are_told_soonest_first(scene: Scene) -> None:
    """At most five of them; the same one keeps its id, however often it is asked for."""
    for day in ("2026-12-03", "2026-12-02", "2026-12-01", "2026-11-30", "2026-11-25"):
        await scene.booked_before(day)
    first = await scene.booked_before()
    scene.facts.attested = True
    result = await scene.run("find_bookings")
    days = [booking["start"][:10] for booking in result.output["bookings"]]
    assert days == ["2026-11-24", "2026-11-25", "2026-11-30", "2026-12-01", "2026-12-02"]
    assert result.output["say"].startswith(
        "You have a cleaning on Tuesday, November twenty-fourth at noon, a"
    )
    assert result.output["say"].endswith(", and a cleaning on Wednesday, December second at nine AM.")
    assert (await scene.run("find_bookings")).output == result.output
    await scene.store.begin_leaving(
        reservation_id=first.id, ends_as=ReservationState.CANCELLED, now=scene.clock.now()
    )
    later = (await scene.run("find_bookings")).output["bookings"]
    assert [booking["id"] for booking in later] == [f"booking_{n}" for n in range(2, 7)]


async def test_nothing_booked_is_said(scene: Scene) -> None:
    """Also to a caller who is proved to be who they are."""
    scene.facts.attested = True
    result = await scene.run("find_bookings")
    assert result.output == {"ok": True, "say": spoken_changes.no_bookings(), "bookings": []}
    assert result.receipts == ()


@pytest.mark.parametrize(
    ("proved", "shown"),
    [
        ({}, False),
        ({"attested": True}, True),
        ({"proved_by_code": True}, True),
        ({"attested": True, "caller_number": None}, False),
        ({"proved_by_code": True, "caller_number": None}, False),
        ({"opted_out": True}, False),
        ({"opted_out": True, "attested": True}, True),
    ],
)
async def test_who_may_see_them(scene: Scene, proved: dict[str, Any], shown: bool) -> None:
    """The network vouches for the number, or its code was told; else not even that there are any."""
    await scene.booked_before()
    for name, value in proved.items():
        setattr(scene.facts, name, value)
    scene.store.asked.clear()
    result = await scene.run("find_bookings")
    assert result.output["ok"] is shown
    assert bool(scene.facts.found) is shown
    if not shown:
        assert result.error_code == "not_proven"
        assert "bookings" not in result.output
        assert scene.store.asked == []  # the answer is the same, whatever there is


async def test_a_code_is_offered_where_one_can_be_sent(scene: Scene) -> None:
    """To the number that is calling; else a person or a message."""
    assert (await scene.run("find_bookings")).output["say"] == spoken_changes.shall_i_text_a_code()
    scene.facts.opted_out = True
    assert (await scene.run("find_bookings")).output["say"] == spoken_changes.cannot_be_proven(person=True)
    alone = msgspec.structs.replace(scene.business, handoff_number=None)
    kit = msgspec.structs.replace(scene.dispatcher.kit, business=alone)
    scene.dispatcher.kit = kit
    assert (await scene.run("find_bookings")).output["say"] == spoken_changes.cannot_be_proven(person=False)


async def test_another_numbers_bookings_are_not_found(scene: Scene) -> None:
    """Proof is proof of one's own number."""
    await scene.booked_before()
    other = scene.another_call()
    other.facts.attested = True
    assert (await other.run("find_bookings")).output["bookings"] == []


@pytest.mark.parametrize("trouble", [StoreUnavailable("locked"), HANG])
async def test_a_store_that_does_not_answer_says_nothing_of_bookings(
    scene: Scene, trouble: Exception | str
) -> None:
    """Not seen is not the same as not there."""
    scene.facts.attested = True
    scene.store.before("bookings_of", trouble)
    result = await scene.run("find_bookings")
    assert result.output == {"ok": False, "say": spoken_changes.bookings_unseen()}
