"""What the tests of moving share: a caller with a booking, who wants another time."""

from typing import Any

from tests.tools.scene import CHAIR_1, Scene
from tools import spoken_changes
from tools.result import Gate
from tools.store import Reservation, ReservationState

WEDNESDAY = "2026-11-25"


class Mover:
    """A caller whose cleaning on Tuesday at noon was shown, and who wants Wednesday at nine."""

    def __init__(self, scene: Scene, old: Reservation, slot_id: str) -> None:
        self.scene = scene
        self.old = old
        self.slot_id = slot_id

    async def ask(self, gate: Gate = Gate.OPEN, slot_id: str | None = None) -> Any:
        """The same call, whatever it does this time."""
        slot_id = slot_id or self.slot_id
        return await self.scene.run("reschedule_event", gate, booking_id="booking_1", slot_id=slot_id)

    async def state(self, row_id: str | None = None) -> ReservationState:
        row = await self.scene.store.reservation(row_id or self.old.id)
        assert row is not None
        found: ReservationState = row.state
        return found

    def event_start(self) -> str:
        """Where our one event stands."""
        (event,) = self.scene.calendar.ours()
        return event.start.astimezone(self.scene.business.tz).isoformat()

    def stands(self) -> bool:
        """Whether the old booking is as it was."""
        (event,) = self.scene.calendar.ours()
        return (event.start, event.reservation_id) == (self.old.start, self.old.id)

    def take(self, calendar_id: str = CHAIR_1) -> None:
        """A person writes over the new time."""
        slot = self.scene.facts.offered[self.slot_id]
        self.scene.calendar.write(calendar_id, slot.start, slot.end)

    def is_unknown(self, result: Any) -> bool:
        return bool(
            result.output == {"ok": False, "say": spoken_changes.move_unknown(promised=True)}
            and result.error_code == "move_unknown"
            and not result.receipts
            and self.scene.facts.callback_id is not None
            and self.scene.facts.booking_id is None
        )


async def mover(scene: Scene) -> Mover:
    old = await scene.shown()
    (slot, *_) = scene.offered(await scene.check(WEDNESDAY, moving="booking_1"))
    scene.calendar.asked.clear()
    return Mover(scene, old, slot.id)


async def agreed(scene: Scene) -> Mover:
    """The same, once the move was proposed."""
    one = await mover(scene)
    assert (await one.ask(Gate.NO_PROPOSAL)).output["ok"]
    scene.calendar.asked.clear()
    return one
