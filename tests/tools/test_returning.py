"""What is known of a caller before the first word, and that nobody waits for it."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tests.tools.scene import HANG, Scene
from tools.business import Mode
from tools.facts import CallFacts
from tools.result import Gate
from tools.returning import know_caller
from tools.store import StoreUnavailable

NUMBER = "+12025550143"
LOST = StoreUnavailable("locked")


async def known(scene: Scene, *, attested: bool = True, number: str | None = NUMBER) -> CallFacts:
    """The facts of a new call."""
    facts = CallFacts(call_sid="CA2", caller_number=number, our_number="+12025550100", attested=attested)
    await know_caller(scene.store, scene.business, facts, scene.clock.now())
    return facts


async def test_who_is_vouched_for_is_known_by_the_next_booking(scene: Scene) -> None:
    """The soonest of all that the number has; the tools know it by an id from the first word on."""
    await scene.book_first()
    facts = await known(scene)
    assert facts.next_booking is not None
    assert facts.next_booking.id == scene.facts.booking_id
    assert facts.found == {"booking_1": facts.next_booking}


async def test_the_greeted_booking_can_be_changed_at_once(scene: Scene) -> None:
    """Without looking it up; a stranger who knows the id all the same has to prove who they are."""
    await scene.book_first()
    for attested, error in ((True, None), (False, "not_proven")):
        call = msgspec.structs.replace(scene, facts=await known(scene, attested=attested))
        result = await call.run("cancel_event", Gate.NO_PROPOSAL, booking_id="booking_1")
        assert result.error_code == error
        assert (result.proposal is not None) is attested


async def test_who_is_not_vouched_for_is_not(scene: Scene) -> None:
    """The number alone shows nothing, and the store is not even asked for bookings."""
    await scene.book_first()
    scene.store.asked.clear()
    facts = await known(scene, attested=False)
    assert (facts.next_booking, facts.found, scene.store.asked) == (None, {}, ["caller"])


async def test_a_withheld_number_is_nobody(scene: Scene) -> None:
    """The store is not asked at all."""
    await scene.book_first()
    scene.store.asked.clear()
    facts = await known(scene, number=None)
    assert (facts.next_booking, scene.store.asked) == (None, [])


async def test_what_cannot_be_moved_is_not_greeted_with(scene: Scene) -> None:
    """An appointment that has begun or comes too soon, or whose service was dropped and has no name."""
    await scene.book_first()
    row = (await known(scene)).next_booking
    assert row is not None
    facts = CallFacts(call_sid="CA2", caller_number=NUMBER, our_number="", attested=True)
    await know_caller(scene.store, scene.business, facts, row.start + timedelta(minutes=1))
    assert facts.next_booking is None
    strict = msgspec.structs.replace(scene.business, change_notice_minutes=60)
    await know_caller(scene.store, strict, facts, row.start - timedelta(minutes=59))
    assert facts.next_booking is None
    other = msgspec.structs.replace(scene.business, services=scene.business.services[1:])
    await know_caller(scene.store, other, facts, scene.clock.now())
    assert facts.next_booking is None


async def test_a_later_booking_is_not_called_the_next(scene: Scene) -> None:
    """Where the soonest cannot be moved the greeting names none."""
    await scene.book_first()
    first = (await known(scene)).next_booking
    await scene.run("check_availability", service="checkup", from_date="2026-11-25", to_date="2026-11-25")
    slot = next(key for key, slot in scene.facts.offered.items() if slot.service == "checkup")
    hold = await scene.run("hold_slot", slot_id=slot, customer_name="Dana Reed")
    await scene.run("create_event", hold_id=hold.output["hold_id"], customer_name="Dana Reed")
    assert len(await scene.store.bookings_of(caller_number=NUMBER, now=scene.clock.now())) == 2
    assert (await known(scene)).next_booking == first
    other = msgspec.structs.replace(scene.business, services=scene.business.services[1:])
    facts = CallFacts(call_sid="CA2", caller_number=NUMBER, our_number="", attested=True)
    await know_caller(scene.store, other, facts, scene.clock.now())
    assert facts.next_booking is None


async def test_where_nothing_is_booked_nobody_is_greeted_with_a_booking(scene: Scene) -> None:
    """A business that only collects wishes moves no appointments either."""
    await scene.book_first()
    facts = CallFacts(call_sid="CA2", caller_number=NUMBER, our_number="", attested=True)
    leads = msgspec.structs.replace(scene.business, mode=Mode.LEADS)
    await know_caller(scene.store, leads, facts, scene.clock.now())
    assert facts.next_booking is None


async def test_consent_and_opt_out_are_known(scene: Scene) -> None:
    """Of every number, vouched for or not."""
    facts = await known(scene, attested=False)
    assert (facts.text_consent, facts.opted_out) == (False, False)
    await scene.store.set_consent(number=NUMBER, now=scene.clock.now())
    await scene.store.set_opted_out(number=NUMBER, opted_out=True, now=scene.clock.now())
    facts = await known(scene, attested=False)
    assert (facts.text_consent, facts.opted_out) == (True, True)


@pytest.mark.parametrize("method", ["caller", "bookings_of"])
@pytest.mark.parametrize("stumble", [LOST, HANG])
async def test_a_store_that_fails_makes_nobody_wait(
    scene: Scene, method: str, stumble: Exception | str
) -> None:
    """Then the caller is one like any other, a moment later at most."""
    await scene.book_first()
    scene.store.before(method, stumble)
    began = asyncio.get_running_loop().time()
    facts = await known(scene)
    assert asyncio.get_running_loop().time() - began <= 0.31
    assert (facts.next_booking, facts.found) == (None, {})
