"""What goes wrong while many call at once, by dice: the model's leg, the stream, the calendar, the texts.

A slow calendar keeps a thread of the server's waiting, and while one does, time does not jump: so it is
slow seldom. Read `lines.py` next.
"""

import asyncio
import random
from collections.abc import Callable

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.model.faults import ModelFaults
from bridge.harness.twilio_rest.standin import TwilioRestStandin

ILL_CALLS = 0.4  # share of calls whose model fails
CUT_CALLS = 0.1  # share of calls whose stream is lost
LATEST_S = 45.0
CHANGES_EVERY_S = 20.0
SLOW_S = 1.5
SLOW_FOR_S = 2.0

_OF_MODEL: dict[str, tuple[Callable[[ModelFaults], None], ...]] = {
    "closed": (lambda f: f.close(1011, "server error"),),
    "vanished": (lambda f: f.vanish(),),
    "expired": (lambda f: f.expire(),),
    "stalled": (lambda f: f.stall(),),
    "refused once": (lambda f: f.refuse_next(429), lambda f: f.close(1011)),
    "mute once": (lambda f: f.mute_next(), lambda f: f.vanish()),
    "turn failed": (lambda f: f.fail_next_turn("server_error"),),
    "rate limited": (
        lambda f: f.fail_next_turn("rate_limit_exceeded", "Rate limit reached. Please try again in 1.6s."),
    ),
    "written": (lambda f: f.write_next_turn(),),
    "no money": (lambda f: f.fail_next_turn("insufficient_quota"),),
    "down": (lambda f: f.refuse_next(503, 5), lambda f: f.vanish()),
    "stalled for good": (lambda f: f.mute_next(5), lambda f: f.stall()),
}
SILENT = frozenset({"stalled", "stalled for good", "mute once"})  # the model hears nothing, and nobody knows


class Fate:
    """What happens to one call."""

    def __init__(self, rng: random.Random) -> None:
        self.of_model = rng.choice(sorted(_OF_MODEL)) if rng.random() < ILL_CALLS else ""
        self.cut = rng.random() < CUT_CALLS
        self._model_at, self._cut_at = rng.uniform(0.5, LATEST_S), rng.uniform(3.0, LATEST_S)
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self, faults: ModelFaults, lose_stream: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for act in _OF_MODEL.get(self.of_model, ()):
            self._timers.append(loop.call_later(self._model_at, act, faults))
        if self.cut:
            self._timers.append(loop.call_later(self._cut_at, lose_stream))

    def end(self) -> None:
        """The call is over: what has not happened to it never will."""
        for timer in self._timers:
            timer.cancel()


async def weather(calendar: CalendarStandin, rest: TwilioRestStandin, rng: random.Random) -> None:
    """Change every few seconds, until cancelled; then all is fair again."""
    try:
        while True:
            await asyncio.sleep(rng.uniform(0.2, 2.0) * CHANGES_EVERY_S)
            match rng.randrange(7):
                case 0 | 1:
                    operation = rng.choice(("list", "insert", "freebusy"))
                    calendar.delay(operation, SLOW_S)
                    await asyncio.sleep(SLOW_FOR_S)
                    calendar.delay(operation, 0.0)
                case 2:
                    calendar.fail_next(
                        rng.choice(("list", "freebusy")), 503, "backendError", rng.randint(1, 8)
                    )
                case 3:
                    calendar.fail_next("insert", 403, "rateLimitExceeded", rng.randint(1, 3))
                case 4:
                    calendar.lose_answer_next(rng.choice(("insert", "list")))
                case 5:
                    rest.lose_answer_next("create")
                case _:
                    rest.fail_next("create", rng.choice((429, 500)), 20429, rng.randint(1, 3))
    finally:
        for operation in ("list", "insert", "freebusy"):
            calendar.delay(operation, 0.0)
