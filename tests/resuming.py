"""A call that is cut off, and a model that goes on: for tests of resumed calls.

The telephone is the harness's, so that TwiML is followed as Twilio does; the model's mind is `Booker`,
which remembers nothing between sessions but what it is told. Read test_resume.py next.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from bridge.harness.ledger import Entry, Ledger
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import CallerLine
from bridge.harness.telephone.telephone import Telephone
from tests.bridge.harness.model_fakes import LOUD
from tests.server import ACCOUNT, AUTH_TOKEN, CALLER, NUMBER, PUBLIC, Server

GREETING = "Hello."
GO_ON = "So, where were we."
GOODBYE = "Goodbye."
NAME = "Dana Reed"
DAY = "2026-11-25"
CLIPS = {"hello": LOUD * (500 * 8)}
SPEAK = CallerLine(clip="hello", text="Hello there.", after_quiet_ms=700, if_silent_ms=12_000)


class Booker:
    """A `Policy` that books the first time offered, one step for each utterance of the caller's."""

    def __init__(self, day: str = DAY) -> None:
        self._day = day
        self.notes: list[str] = []  # of the system's
        self.answers: list[tuple[str, dict[str, Any]]] = []  # of tools
        self._stage = "greeted"
        self._hold_id = ""
        self._parts: list[Say | CallTool] = [Say(GREETING)]

    def instructed(self, instructions: str, tools: frozenset[str]) -> None:
        """It knows what to do."""

    def heard(self, line: CallerLine | None) -> None:
        match self._stage:
            case "greeted":
                wish = {
                    "service": "cleaning",
                    "from_date": self._day,
                    "to_date": self._day,
                    "part_of_day": "afternoon",
                }
                self._parts = [CallTool("check_availability", wish)]
            case "offered":
                self._parts = [CallTool("hold_slot", {"slot_id": "slot_1", "customer_name": NAME})]
            case "held" | "asked":
                asked = {"hold_id": self._hold_id, "customer_name": NAME}
                self._parts = [CallTool("create_event", asked)]
                self._stage = "asked"
            case _:
                self._parts = [Say(GOODBYE), CallTool("end_call", {})]

    def noted(self, role: str, text: str) -> None:
        self.notes.append(text)
        self._parts = [Say(GO_ON)]
        if self._stage == "held":
            self._stage = "offered"  # the yes was to something that nobody remembers

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        self.answers.append((name, output))
        self._parts = [Say(output["say"])] if output.get("say") else []
        if name == "check_availability":
            self._stage = "offered"
        elif name == "hold_slot" and output["ok"]:
            self._stage, self._hold_id = "held", output["hold_id"]
        elif name == "create_event" and output["ok"]:
            self._stage = "booked"

    def next_turn(self, tools_allowed: bool) -> list[Say | CallTool]:
        parts, self._parts = self._parts, []
        return parts or [Say("Yes.")]


class Rung(msgspec.Struct, frozen=True):
    """A call that was made."""

    telephone: Telephone
    ledger: Ledger

    def verbs(self) -> list[str]:
        """What Twilio was told to do, in order; of what is said, the words."""
        return [
            entry.data["text"] if entry.data["name"] == "Say" else entry.data["name"]
            for entry in self.ledger.of("verb")
        ]


def telephone_for(server: Server, mind: Booker | None = None, **how: Any) -> Rung:
    """A telephone that rings this server, whose model has this mind. `how`: as the telephone takes it."""
    if mind is not None:
        server.stand.stage.policy = mind  # type: ignore[assignment]
    ledger = Ledger("telephone", asyncio.get_running_loop().time)
    telephone = Telephone(server.url, PUBLIC, ACCOUNT, AUTH_TOKEN, NUMBER, ledger, **how)
    return Rung(telephone, ledger)


async def ring(rung: Rung, utterances: int = 8, patience_ms: int = 20_000) -> None:
    """One call: the caller speaks whenever the agent has, so many times, and hangs up after a silence."""
    gone = CallerLine(hang_up=True, if_silent_ms=patience_ms)
    await rung.telephone.call(CALLER, [SPEAK] * utterances + [gone], CLIPS)


def once(ledger: Ledger, act: Callable[[], None], after_s: float, times: int = 1, **such: Any) -> None:
    """`after_s` after an entry with these data, do something; `times` times at most."""
    loop, left = asyncio.get_running_loop(), [times]

    def watch(_: str, entry: Entry) -> None:
        kind = such.get("kind")
        fits = all(entry.data.get(key) == value for key, value in such.items() if key != "kind")
        if entry.kind == kind and fits and left[0]:
            left[0] -= 1
            loop.call_later(after_s, act)

    ledger.watch(watch)
