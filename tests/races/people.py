"""What happens around the racing processes: people at the calendar, faults of the services."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from tests.races.racer import FIRST_DAY
from tools.google_events import OURS

LONGEST_PAUSE_S = 0.06
QUARTER = timedelta(minutes=15)
FAULTS = (
    ("list", 429, "rateLimitExceeded"),
    ("list", 500, "backendError"),
    ("insert", 403, "quotaExceeded"),
    ("insert", 503, "backendError"),
    ("get", 503, "backendError"),
    ("patch", 429, "rateLimitExceeded"),
    ("patch", 503, "backendError"),
    ("delete", 503, "backendError"),
)


class People:
    """`await live()` until cancelled; then it tells what was done."""

    def __init__(self, google: CalendarStandin, twilio: TwilioRestStandin, quarters: int, seed: int) -> None:
        self.did: Counter[str] = Counter()
        self.deleted: set[str] = set()  # ids of events of ours
        self.edited: set[str] = set()
        self._google = google
        self._twilio = twilio
        self._quarters = quarters
        self._random = Random(f"people {seed}")
        self._own: list[tuple[str, str]] = []  # calendar and id of what they wrote

    async def live(self) -> None:
        """Do one thing after another."""
        acts = [self._write] * 6 + [self._delete_own] * 5 + [self._edit_ours] * 3
        acts += [self._delete_ours, self._calendar_fails, self._answer_lost, self._texts_fail]
        while True:
            await asyncio.sleep(self._random.random() * LONGEST_PAUSE_S)
            self._random.choice(acts)()

    # --- people -------------------------------------------------------------------------

    def _write(self) -> None:
        calendar = self._random.choice(list(self._google.events))
        start = FIRST_DAY + QUARTER * self._random.randrange(self._quarters)
        event = self._google.human_books(calendar, start, start + 2 * QUARTER, "Walk-in")
        self._own.append((calendar, event["id"]))
        self.did["people write"] += 1

    def _delete_own(self) -> None:
        """Else there would be no free time left."""
        if len(self._own) > 5:
            calendar, event_id = self._own.pop(self._random.randrange(len(self._own)))
            self._google.human_deletes(calendar, event_id)
            self.did["people delete their own"] += 1

    def _edit_ours(self) -> None:
        """A note: the event has another etag then."""
        for calendar, event_id in self._one_of_ours():
            self._google.human_edits(calendar, event_id, description="Bring x-rays")
            self.edited.add(event_id)
            self.did["people write into ours"] += 1

    def _delete_ours(self) -> None:
        for calendar, event_id in self._one_of_ours():
            self._google.human_deletes(calendar, event_id)
            self.deleted.add(event_id)
            self.did["people delete ours"] += 1

    def _one_of_ours(self) -> list[tuple[str, str]]:
        calendar = self._random.choice(list(self._google.events))
        ours = [
            event_id
            for event_id, event in self._google.events[calendar].items()
            if event["status"] != "cancelled"
            and OURS in event.get("extendedProperties", {}).get("private", {})
        ]
        return [(calendar, self._random.choice(ours))] if ours else []

    # --- faults -------------------------------------------------------------------------

    def _calendar_fails(self) -> None:
        operation, status, reason = self._random.choice(FAULTS)
        after = status >= 500 and self._random.random() < 0.5  # done all the same: the error is a lie
        self._google.faults.fail_next(operation, status, reason, self._random.choice((1, 2)), after=after)
        self.did["calendar fails"] += 1

    def _answer_lost(self) -> None:
        self._google.lose_answer_next(self._random.choice(("insert", "patch", "delete", "list")))
        self.did["calendar's answer lost"] += 1

    def _texts_fail(self) -> None:
        match self._random.randrange(3):
            case 0:
                self._twilio.fail_next("create", 429, 20429)
            case 1:
                self._twilio.fail_next("create", 500, 20500, after=self._random.random() < 0.5)
            case _:
                self._twilio.lose_answer_next("create")
        self.did["texts fail"] += 1
