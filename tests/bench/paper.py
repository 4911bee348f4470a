"""The plan on paper: what 10, 1,000 or 100,000 calls at once would take, and which limit is met first. Pure.

Nothing of it was tried: it is what was measured of one process and counted of one call, times assumptions
that are named, against limits that stand in the vendors' documents. Every sum is shown, so that whoever knows
better figures can put them in. Read `limits.py` for the limits.
"""

import math
from collections.abc import Iterator

import msgspec

from bridge.store.journal import MOST_TOGETHER, PAUSE_S
from bridge.store.postgres import OVERFLOW, POOL
from bridge.store.spending import WRITTEN_WITHIN_S
from tests.bench.blocks import Block, number
from tools.prefetch import AGAIN_S

SIZES = (10, 1_000, 100_000)


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What one call asked for, in a replay of a booking from hello to goodbye."""

    recording: str
    seconds: float  # it lasted
    reads: int  # transactions that somebody waited for
    writes: int
    notes: int  # rows that nobody waits for; those of many calls share a transaction
    responses: int  # turns of the model
    events_requests: int  # to Google, for this call; free/busy is asked by the process, for all its calls
    texts: int
    sweeps_per_s: float  # transactions of a process, with or without calls


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one process with one worker."""

    calls: int  # with p99 under `most_ms`
    most_ms: float
    memory_idle_mb: float
    memory_per_call_mb: float


class Assumptions(msgspec.Struct, frozen=True, kw_only=True):
    """What nobody measured."""

    share: float = 0.6  # of the calls that a process can carry: the rest is for peaks, and a slower core
    memory_share: float = 0.8  # of a dyno's memory
    dyno_mb: int = 512
    spare: float = 0.05  # dynos more, where there are several: each is restarted once a day
    call_minutes: float = 3.0
    to_person: float = 0.1  # of the calls a person is rung
    dollars_per_minute: float = (0.0192 + 0.0768) / 2  # half of it the caller's words, half the agent's
    tokens_per_response: int = 5_000  # instructions, tools and the call so far; `calls` tells one's own
    row_ms: float = 5.0  # a transaction holds the day's row of money so long


class Plan(msgspec.Struct, frozen=True):
    """What so many calls at once take."""

    calls: int
    measured: Measured
    counts: Counts
    given: Assumptions

    # --- processes ------------------------------------------------------------------

    @property
    def by_processor(self) -> int:
        """Calls that a process is given."""
        return max(1, math.floor(self.given.share * self.measured.calls))

    @property
    def by_memory(self) -> int:
        """Calls that find room in a dyno."""
        room = self.given.memory_share * self.given.dyno_mb - self.measured.memory_idle_mb
        return max(0, math.floor(room / self.measured.memory_per_call_mb))

    @property
    def per_dyno(self) -> int:
        """Calls, in one process."""
        return max(1, min(self.by_processor, self.by_memory))

    @property
    def busy_dynos(self) -> int:
        return math.ceil(self.calls / self.per_dyno)

    @property
    def spare_dynos(self) -> int:
        return math.ceil(self.given.spare * self.busy_dynos) if self.busy_dynos > 1 else 0

    @property
    def dynos(self) -> int:
        return self.busy_dynos + self.spare_dynos

    # --- in a second, or a minute ---------------------------------------------------

    @property
    def new_calls_per_s(self) -> float:
        return self.calls / (self.given.call_minutes * 60)

    @property
    def notes_per_s(self) -> float:
        """A longer call has more turns: as many in a minute as the counted one."""
        return self.calls * self.counts.notes / self.counts.seconds

    @property
    def note_transactions_per_s(self) -> float:
        """One in a pause and process, more only where more notes came than go into one."""
        pauses = min(self.notes_per_s, self.busy_dynos / PAUSE_S)
        return max(pauses, self.notes_per_s / MOST_TOGETHER)

    @property
    def sweeps_per_s(self) -> float:
        return self.dynos * self.counts.sweeps_per_s

    @property
    def transactions_per_s(self) -> float:
        own = (self.counts.reads + self.counts.writes) * self.new_calls_per_s
        return own + self.note_transactions_per_s + self.sweeps_per_s

    @property
    def day_row_per_s(self) -> float:
        """Changes of the one row that holds what the day has cost."""
        return self.busy_dynos / WRITTEN_WITHIN_S + self.new_calls_per_s

    @property
    def connections(self) -> int:
        return self.dynos * (POOL + OVERFLOW)

    @property
    def responses_per_min(self) -> float:
        return self.calls * self.counts.responses / self.counts.seconds * 60

    @property
    def tokens_per_min(self) -> float:
        return self.responses_per_min * self.given.tokens_per_response

    @property
    def dollars_per_hour(self) -> float:
        return self.calls * 60 * self.given.dollars_per_minute

    @property
    def rings_per_s(self) -> float:
        """Persons rung."""
        return self.new_calls_per_s * self.given.to_person

    @property
    def texts_per_s(self) -> float:
        return self.new_calls_per_s * self.counts.texts

    @property
    def free_busy_per_min(self) -> float:
        return self.busy_dynos * 60 / AGAIN_S

    @property
    def google_per_min(self) -> float:
        return self.free_busy_per_min + self.new_calls_per_s * 60 * self.counts.events_requests


def sums(plan: Plan) -> Block:
    """Line by line."""
    rows = (*_processes(plan), *_database(plan), *_vendors(plan))
    shown = tuple((what, how, number(value)) for what, how, value in rows)
    return Block(f"{number(plan.calls)} calls at once", ("what", "sum", "is"), shown)


Sum = tuple[str, str, float]  # what it is, how it is made, what comes out


def _processes(it: Plan) -> Iterator[Sum]:
    given, measured, busy = it.given, it.measured, number(it.busy_dynos)
    yield (
        "calls per dyno",
        f"{given.share:.0%} of {measured.calls} under {measured.most_ms:g} ms = {it.by_processor}; "
        f"memory has room for {number(it.by_memory)}",
        it.per_dyno,
    )
    yield (
        "dynos, one process each",
        f"{number(it.calls)} / {it.per_dyno} = {busy}, {number(it.spare_dynos)} to spare",
        it.dynos,
    )
    yield "MAX_CALLS of each, to be set", "the calls per dyno", it.per_dyno
    yield (
        "new calls a second",
        f"{number(it.calls)} / ({given.call_minutes:g} min × 60)",
        it.new_calls_per_s,
    )


def _database(it: Plan) -> Iterator[Sum]:
    call, busy, new = it.counts, number(it.busy_dynos), number(it.new_calls_per_s)
    own = call.reads + call.writes
    yield (
        "transactions of calls, a second",
        f"{own} ({call.reads} reads, {call.writes} writes) × {new}",
        own * it.new_calls_per_s,
    )
    yield "notes a second", f"{number(it.calls)} × {call.notes} in {call.seconds:g} s", it.notes_per_s
    yield (
        "transactions for notes, a second",
        f"at most {number(1 / PAUSE_S)} × {busy} processes, up to {MOST_TOGETHER} notes in one",
        it.note_transactions_per_s,
    )
    yield (
        "transactions of sweeps, a second",
        f"{number(call.sweeps_per_s)} × {number(it.dynos)} processes",
        it.sweeps_per_s,
    )
    yield "transactions in all, a second", "the three together", it.transactions_per_s
    yield (
        "changes of the day's row of money, a second",
        f"{busy} processes / {WRITTEN_WITHIN_S:g} s + {new} calls that end",
        it.day_row_per_s,
    )
    yield "database connections", f"{number(it.dynos)} × ({POOL} + {OVERFLOW})", it.connections


def _vendors(it: Plan) -> Iterator[Sum]:
    call, given, calls, new = it.counts, it.given, number(it.calls), number(it.new_calls_per_s)
    yield "model: sessions open", "one for each call; a few more wait for their stream", it.calls
    yield (
        "model: responses a minute",
        f"{calls} × {call.responses} in {call.seconds:g} s",
        it.responses_per_min,
    )
    yield (
        "model: tokens a minute",
        f"{number(it.responses_per_min)} × {number(given.tokens_per_response)}",
        it.tokens_per_min,
    )
    yield (
        "model: dollars an hour, at least",
        f"{calls} × 60 × {given.dollars_per_minute:g}",
        it.dollars_per_hour,
    )
    yield "Twilio: persons rung, a second", f"{given.to_person:.0%} of {new}", it.rings_per_s
    yield "Twilio: texts a second", f"{call.texts} × {new}, if all of them book", it.texts_per_s
    yield (
        "Google: requests a minute",
        f"free/busy {number(60 / AGAIN_S)} × {number(it.busy_dynos)} processes + "
        f"{call.events_requests} × {number(it.new_calls_per_s * 60)} calls",
        it.google_per_min,
    )


def assumed(plan: Plan) -> Block:
    """What all sums rest on, besides what was measured."""
    counts, given = plan.counts, plan.given
    return Block(
        "Assumed, not measured",
        below=(
            f"A process is given {given.share:.0%} of the calls it was measured with, and of a dyno's "
            f"{given.dyno_mb} MB {given.memory_share:.0%}; its core is as quick as the measured one.",
            f"A call lasts {given.call_minutes:g} minutes; in {given.to_person:.0%} of all a person is rung. "
            f"Where there are several dynos, {given.spare:.0%} more are to spare.",
            f"Every call books, as the one that was counted: {counts.recording}, {counts.seconds:g} s, "
            f"{counts.reads} reads and {counts.writes} writes in transactions of their own, {counts.notes} "
            f"notes, {counts.responses} responses of a scripted model, {counts.events_requests} requests to "
            "Google about events.",
            "Half of a call the caller speaks, half of it the agent, at $0.0192 and $0.0768 a minute (by "
            "OpenAI's price list, for new audio; what is sent again and again comes on top).",
            f"A response counts {number(given.tokens_per_response)} tokens against the quota: instructions, "
            f"tools and the call so far. A transaction holds a row for {given.row_ms:g} ms.",
        ),
    )
