"""The model's leg breaking, stalling or failing at every moment of a real booking call.

Each cell is one fault at one moment. Whatever it is: nothing is silent for longer than the ladder
allows, the call goes on or reaches its next step, and what was booked is booked once.
"""

import asyncio
from collections.abc import Callable, Iterator

import msgspec
import pytest

from bridge.harness.checker import check, facts_of
from bridge.harness.evidence import Evidence
from bridge.harness.ledger import Entry
from bridge.harness.model.faults import ModelFaults
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.telephone.stretches import HANG_MS
from bridge.harness.virtual_time import run_fast
from tests.server import BUSINESS

BOOKING = load_recording(BUSINESS.parent / "book-a-cleaning")
PATIENCE_MS = 3000  # the caller lets fillers pass
(SLOT,) = BOOKING.expect.events
EAR_S = 0.5  # of silence, before the model knows that the caller has finished
LONGEST_SILENCE_S = 2.5
NEXT_STEP_S = 8.5
SLOW_S = 1.5  # a calendar that leaves time for something to happen
# Of what a recording proves, what a broken leg may change: words on their way are lost with it.
MAY_DIFFER = {"the caller's audio arrives whole (I8)", "the recording's own expectations"}

Fault = Callable[[ModelFaults], None]
Moment = Callable[[Parties, Callable[[], None]], None]


# --- moments ----------------------------------------------------------------------


def _once(parties: Parties, kind: str, act: Callable[[], None], after_s: float = 0.0, **data: str) -> None:
    """Act so long after the first entry of this kind with this data in the model's ledger."""
    seen: list[Entry] = []

    def see(_: str, entry: Entry) -> None:
        if entry.kind == kind and data.items() <= entry.data.items() and not seen:
            seen.append(entry)
            asyncio.get_running_loop().call_later(after_s, act)

    parties.model.ledger.watch(see)


def before_the_greeting(parties: Parties, act: Callable[[], None]) -> None:
    _once(parties, "configured", act)


def during_the_offer(parties: Parties, act: Callable[[], None]) -> None:
    _once(parties, "tool_answered", act, 0.6, name="check_availability")


def after_the_yes(parties: Parties, act: Callable[[], None]) -> None:
    _once(parties, "heard", act, clip="yes_book_it")


def while_it_is_booked(parties: Parties, act: Callable[[], None]) -> None:
    parties.calendar.delay("insert", SLOW_S)
    _once(parties, "tool_asked", act, 0.3, name="create_event")


# --- faults -----------------------------------------------------------------------


def closed(faults: ModelFaults) -> None:
    faults.close(1011, "server error")


def vanished(faults: ModelFaults) -> None:
    faults.vanish()


def expired(faults: ModelFaults) -> None:
    faults.expire()


def stalled(faults: ModelFaults) -> None:
    faults.stall()


def closed_and_refused_once(faults: ModelFaults) -> None:
    faults.refuse_next(429)
    faults.close(1011)


def closed_and_mute_once(faults: ModelFaults) -> None:
    faults.mute_next()
    faults.vanish()


def rate_limited(faults: ModelFaults) -> None:
    faults.fail_next_turn("rate_limit_exceeded", "Rate limit reached. Please try again in 2.6s.")


def written(faults: ModelFaults) -> None:
    faults.write_next_turn()


GO_ON: tuple[Fault, ...] = (
    *(closed, vanished, expired, stalled),
    *(closed_and_refused_once, closed_and_mute_once, rate_limited, written),
)


def no_money(faults: ModelFaults) -> None:
    faults.fail_next_turn("insufficient_quota")


def closed_for_good(faults: ModelFaults) -> None:
    faults.refuse_next(503, 5)
    faults.vanish()


def key_withdrawn(faults: ModelFaults) -> None:
    faults.refuse_next(401, 5)
    faults.vanish()


def stalled_for_good(faults: ModelFaults) -> None:
    faults.mute_next(5)
    faults.stall()


NEXT_STEP: tuple[Fault, ...] = (no_money, closed_for_good, key_withdrawn, stalled_for_good)

# Every fault where the booking is at stake; elsewhere one of each kind.
CELLS = [(fault, moment) for fault in GO_ON for moment in (after_the_yes, while_it_is_booked)] + [
    (fault, moment)
    for fault in (closed, stalled, closed_and_refused_once)
    for moment in (before_the_greeting, during_the_offer)
]
LAST_CELLS = [(fault, moment) for fault in NEXT_STEP for moment in (before_the_greeting, while_it_is_booked)]
LAST_CELLS += [(no_money, after_the_yes), (stalled_for_good, during_the_offer)]


# --- running, and what was heard ----------------------------------------------------


def run(fault: Fault, moment: Moment) -> tuple[Evidence, float]:
    """The call, and the loop's time at which the fault was played."""
    at: list[float] = []

    def arrange(parties: Parties) -> None:
        def act() -> None:
            at.append(asyncio.get_running_loop().time())
            fault(parties.model.faults)

        moment(parties, act)

    wish, choice, name, yes, goodbye = BOOKING.lines
    # A yes to what the old session read back is asked for again.
    said = (wish, choice, name, yes, yes, goodbye) if moment is after_the_yes else BOOKING.lines
    lines = tuple(msgspec.structs.replace(line, after_quiet_ms=PATIENCE_MS) for line in said)
    evidence = run_fast(run_recording(msgspec.structs.replace(BOOKING, lines=lines), arrange=arrange))
    (when,) = at
    return evidence, when


def silences(evidence: Evidence) -> Iterator[tuple[float, float]]:
    """When the caller began to wait for us in silence, and for how long; the ear's share left out."""
    since: float | None = next((entry.at for entry in evidence.telephone.of("stream_opened")), None)
    for entry in evidence.telephone.entries:
        match entry.kind:
            case "agent_ended":
                since = entry.at - HANG_MS / 1000
            case "line_ended":
                since = entry.at + EAR_S
            case "agent_began" | "stream_ended" if since is not None:
                yield since, entry.at - since
                since = None
            case "line_began":  # they were not waiting: it was their turn
                since = None


def wrong_with(evidence: Evidence) -> dict[str, list[str]]:
    return {
        verdict.rule: verdict.wrong
        for verdict in check(evidence)
        if verdict.wrong and verdict.rule not in MAY_DIFFER
    }


@pytest.mark.parametrize(("fault", "moment"), CELLS)
def test_the_call_goes_on(fault: Fault, moment: Moment) -> None:
    """The caller hears something within the ladder, and is booked once in the end."""
    evidence, _ = run(fault, moment)
    assert wrong_with(evidence) == {}
    assert [gap for gap in silences(evidence) if gap[1] > LONGEST_SILENCE_S] == []
    facts = facts_of(evidence)
    assert (facts.outcome, facts.events, facts.texts, facts.end) == ("booked", (SLOT,), 1, "hang_up")
    assert len(list(evidence.calendar.of("inserted"))) == 1


@pytest.mark.parametrize(("fault", "moment"), LAST_CELLS)
def test_the_next_step_is_reached(fault: Fault, moment: Moment) -> None:
    """Where no other session helps, a person is rung in time; what was being booked is booked, once."""
    evidence, when = run(fault, moment)
    assert wrong_with(evidence) == {}
    assert [gap for gap in silences(evidence) if gap[1] > LONGEST_SILENCE_S] == []
    (ended,) = evidence.telephone.of("stream_ended")
    assert ended.at - waiting_since(evidence, when, moment) < NEXT_STEP_S
    facts = facts_of(evidence)
    done = [call.name for call in evidence.rows.tool_calls if call.error_code is None]
    booked = "create_event" in done
    assert booked == (moment is while_it_is_booked or (fault, moment) == (no_money, after_the_yes))
    assert facts.events == ((SLOT,) if booked else ())
    assert facts.dialled


def waiting_since(evidence: Evidence, when: float, moment: Moment) -> float:
    """From when on the model was waited for: its failed turn, else when what was on its way was heard."""
    failed = [entry.at for entry in evidence.model.of("turn_ended") if entry.data["status"] == "failed"]
    if failed:
        return failed[0]
    if moment is while_it_is_booked:
        return when + SLOW_S
    return next(since for since, gap in silences(evidence) if since + gap > when)
