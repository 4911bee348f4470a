"""A conversation with the receptionist, and the lines and answers that its tests use.

Read `test_policy.py` next.
"""

from datetime import date, datetime
from typing import Any

from bridge.harness.model.policy import Receptionist
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import Contents
from bridge.harness.recording import CallerLine, Intent, Meaning, PolicyOptions
from tools import spoken

GREETING = "Thank you for calling. I'm Robin, an automated assistant. How can I help you?"
DAY = date(2026, 11, 25)
TWO, HALF_PAST = datetime(2026, 11, 25, 14), datetime(2026, 11, 25, 15, 30)  # noqa: DTZ001 - wall clock
READ_BACK = spoken.read_back("cleaning", "Dana Reed", TWO)
BOOKED = spoken.booked("cleaning", TWO)
CREATE = CallTool("create_event", {"hold_id": "h1", "customer_name": "Dana Reed"})
HOLD_1 = CallTool("hold_slot", {"slot_id": "slot_1", "customer_name": "Dana Reed"})
CHECK = CallTool(
    "check_availability",
    {"service": "cleaning", "from_date": "2026-11-25", "to_date": "2026-11-25", "part_of_day": "afternoon"},
)
DONE = {"ok": True, "say": ""}
HELD = {"ok": True, "say": READ_BACK, "hold_id": "h1"}
TEXTED = {"ok": True, "say": spoken.text_sent()}


def line(intent: Intent, **fields: Any) -> CallerLine:
    return CallerLine(clip="c", text="t", after_quiet_ms=700, means=Meaning(intent=intent, **fields))


BOOK = line(Intent.BOOK, service="cleaning", day=DAY, part="afternoon")
FIRST = line(Intent.CHOOSE, option=1)
DANA = line(Intent.NAME, name="Dana Reed")
YES, NO = line(Intent.YES), line(Intent.NO)
MUMBLE = CallerLine(clip="mumble", text="Hmbl.", after_quiet_ms=700)


def slots(*starts: datetime, first: int = 1) -> list[dict[str, str]]:
    return [
        {"id": f"slot_{number}", "spoken": spoken.spoken_start(start), "start": start.isoformat()}
        for number, start in enumerate(starts, first)
    ]


OFFER = {"ok": True, "say": spoken.offer([TWO, HALF_PAST]), "slots": slots(TWO, HALF_PAST)}


class Conversation:
    """A receptionist and the turns it takes."""

    def __init__(self, **options: bool) -> None:
        self.mind = Receptionist(GREETING, PolicyOptions(**options))
        assert self.turn() == [Say(GREETING)]

    def turn(self) -> Contents:
        return self.mind.next_turn(tools_allowed=True)

    def hear(self, said: CallerLine | None) -> Contents:
        self.mind.heard(said)
        return self.turn()

    def answer(self, tool: str, output: dict[str, Any]) -> Contents:
        self.mind.tool_answered(tool, output)
        return self.turn()

    def offered(self) -> "Conversation":
        """On to where two times were offered."""
        self.hear(BOOK)
        self.answer("check_availability", OFFER)
        return self

    def read_back(self) -> "Conversation":
        """On to where the first of them is held and read back."""
        self.offered().hear(line(Intent.CHOOSE, option=1, name="Dana Reed"))
        self.answer("hold_slot", HELD)
        return self

    def booked(self) -> "Conversation":
        """On to where the text is sent as well."""
        self.read_back().hear(YES)
        self.answer("create_event", {"ok": True, "say": BOOKED})
        self.answer("send_confirmation", TEXTED)
        return self
