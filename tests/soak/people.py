"""Who calls, what the model thinks, how both sound: cheap ones, since there are hundreds of them.

Everything that looks like chance comes from a seed. Read `lines.py` next.
"""

import hmac
import random
from datetime import date, timedelta
from typing import Any

import msgspec
from websockets.http11 import Request

from bridge.harness.ledger import Ledger
from bridge.harness.model.faults import ModelFaults
from bridge.harness.model.outbox import Tape
from bridge.harness.model.policy_types import CallTool
from bridge.harness.model.session import Company
from bridge.harness.model.standin import ModelStandin
from bridge.harness.recording import CallerLine
from tests.bridge.harness.model_fakes import LOUD
from tests.resuming import Booker

SAFETY = "OpenAI-Safety-Identifier"
FIRST_DAY = date(2026, 11, 24)
DAYS = 55  # as far as the business books
CLIPS = {"hello": LOUD * (500 * 8)}
PATIENCE_MS = 15_000


class NoiseBank:
    """Speaks a sentence differently each time, 40 ms a letter: what was heard can be told by its sound."""

    def __init__(self, rng: random.Random) -> None:
        self._random = rng

    def speak(self, text: str) -> bytes:
        return self._random.randbytes(len(text) * 320)


class Mind(Booker):
    """Books as `Booker` does; now and then it takes a message, asks for a person, or says goodbye."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__((FIRST_DAY + timedelta(days=rng.randrange(DAYS))).isoformat())
        self._random = rng

    def heard(self, line: CallerLine | None) -> None:
        super().heard(line)
        dice = self._random.random()
        if dice < 0.04:
            self._parts = [CallTool("transfer_to_human", {"reason": "asks_for_a_person"})]
        elif dice < 0.08:
            self._parts = [CallTool("take_message", {"message": "Call me back.", "name": "Dana Reed"})]
        elif dice < 0.12:
            self._parts = [CallTool("answer_question", {"topic": "parking"})]
        elif dice < 0.15:
            self._parts = [CallTool("did_not_understand", {})]

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        if name in ("transfer_to_human", "end_call", "wait_for_user") and output.get("ok"):
            self._parts = []
            return
        super().tool_answered(name, output)


def steps_of(rng: random.Random) -> tuple[CallerLine, ...]:
    """What a caller does: speaks, interrupts, presses a key, loses patience, hangs up."""
    steps: list[CallerLine] = []
    for number in range(rng.randint(1, 7)):
        dice = rng.random()
        if number and dice < 0.15:
            steps.append(_speak(into_sentence_ms=rng.randint(500, 3000)))
        elif number and dice < 0.20:
            steps.append(CallerLine(press=rng.choice("123456789*#"), after_quiet_ms=rng.randint(500, 1500)))
        elif number and dice < 0.22:
            steps.append(CallerLine(press="0", after_quiet_ms=800))
        else:
            steps.append(_speak(after_quiet_ms=rng.randint(400, 2500), if_silent_ms=PATIENCE_MS))
    if rng.random() < 0.3:
        steps.append(CallerLine(hang_up=True, into_sentence_ms=rng.randint(300, 4000)))
    return (*steps, CallerLine(hang_up=True, if_silent_ms=PATIENCE_MS + 5000))


def _speak(**when: int | None) -> CallerLine:
    return CallerLine(clip="hello", text="Hello there.", **when)  # type: ignore[arg-type]


class Side(msgspec.Struct, frozen=True):
    """The model's side of one call, in however many sessions."""

    ledger: Ledger
    tape: Tape
    faults: ModelFaults
    company: Company


class ModelRoom(ModelStandin):
    """A model stand-in in which every call has a side of its own, told by the keyed hash of its number."""

    def __init__(self, api_key: str, company: Company, seed: int) -> None:
        """`company`: of whoever is nobody's; a call's own differs in ledger, tape, faults and mind."""
        super().__init__(
            policy_factory=company.policy_factory,
            ear_factory=company.ear_factory,
            recogniser=company.recogniser,
            bank=company.bank,
            ledger=company.ledger,
            seed=seed,
            lines=company.lines,
            pace=company.pace,
        )
        self._api_key = api_key
        self._sides: dict[str, Side] = {}

    def open_side(self, number: str, ledger: Ledger, rng: random.Random) -> Side:
        """For a call that is about to begin."""
        mind, tape, faults = Mind(rng), Tape(), ModelFaults()
        company = msgspec.structs.replace(
            self._company,
            policy_factory=lambda: mind,
            bank=NoiseBank(rng),
            ledger=ledger,
            tape=tape,
            faults=faults,
        )
        side = self._sides[self._hash(number)] = Side(ledger, tape, faults, company)
        return side

    def close_side(self, number: str) -> None:
        del self._sides[self._hash(number)]

    def company_of(self, request: Request) -> Company:
        side = self._sides.get(request.headers.get(SAFETY, ""))
        return self._company if side is None else side.company

    def _hash(self, number: str) -> str:
        return hmac.new(self._api_key.encode(), number.encode(), "sha256").hexdigest()
