"""The plan's arithmetic, on figures whose sums can be done in the head."""

import msgspec
import pytest

from tests.bench.paper import Assumptions, Counts, Measured, Plan, assumed, sums

COUNTS = Counts(
    recording="recordings/one",
    seconds=60.0,
    reads=10,
    writes=20,
    notes=30,
    responses=6,
    events_requests=4,
    texts=1,
    sweeps_per_s=1.0,
)
MEASURED = Measured(calls=200, most_ms=20.0, memory_idle_mb=100.0, memory_per_call_mb=0.5)
GIVEN = Assumptions(share=0.5, memory_share=0.5, dyno_mb=400, spare=0.1, call_minutes=2.0, to_person=0.25)


def plan(calls: int) -> Plan:
    """With 100 calls to a dyno."""
    return Plan(calls, MEASURED, COUNTS, GIVEN)


@pytest.mark.parametrize(
    ("calls", "busy", "spare"), [(1, 1, 0), (100, 1, 0), (101, 2, 1), (1200, 12, 2), (100_000, 1000, 100)]
)
def test_dynos_for_calls(calls: int, busy: int, spare: int) -> None:
    """Half of two hundred calls to each; where there are several, a tenth more to spare."""
    it = plan(calls)
    assert (it.busy_dynos, it.spare_dynos, it.dynos) == (busy, spare, busy + spare)


def test_what_binds_is_the_smaller() -> None:
    """Memory or processor; and a call always finds room."""
    assert (plan(1).by_processor, plan(1).by_memory, plan(1).per_dyno) == (100, 200, 100)
    hungry = msgspec.structs.replace(MEASURED, memory_per_call_mb=2.0)
    assert Plan(1, hungry, COUNTS, GIVEN).per_dyno == 50
    fat = msgspec.structs.replace(MEASURED, memory_idle_mb=500.0)
    assert (Plan(1, fat, COUNTS, GIVEN).by_memory, Plan(1, fat, COUNTS, GIVEN).per_dyno) == (0, 1)


def test_what_a_second_brings() -> None:
    """Twelve hundred calls of two minutes: ten new ones a second, on twelve dynos and two to spare."""
    it = plan(1200)
    assert it.new_calls_per_s == 10
    assert it.notes_per_s == 600
    assert it.note_transactions_per_s == 60  # five a second for each of twelve
    assert it.sweeps_per_s == 14
    assert it.transactions_per_s == 30 * 10 + 60 + 14
    assert it.day_row_per_s == pytest.approx(12 / 5 + 10)
    assert it.connections == 14 * 7
    assert it.rings_per_s == 2.5
    assert it.texts_per_s == 10


def test_few_notes_make_few_transactions() -> None:
    """One for each at most; and very many do not fit into one."""
    assert plan(1).note_transactions_per_s == 0.5
    many = msgspec.structs.replace(COUNTS, notes=30_000)
    assert Plan(100, MEASURED, many, GIVEN).note_transactions_per_s == 50_000 / 50


def test_what_a_minute_brings() -> None:
    """To the model for each call, to Google for each process and each new call."""
    it = plan(1200)
    assert it.responses_per_min == 7200
    assert it.tokens_per_min == 7200 * 5000
    assert it.google_per_min == 12 * 3 + 600 * 4
    assert it.dollars_per_hour == pytest.approx(1200 * 60 * 0.048)


def test_every_sum_is_shown() -> None:
    """What, how, and what comes out."""
    block = sums(plan(1200))
    shown = {what: (how, value) for what, how, value in block.rows}
    assert block.title == "1,200 calls at once"
    assert shown["dynos, one process each"] == ("1,200 / 100 = 12, 2 to spare", "14")
    assert shown["transactions of calls, a second"] == ("30 (10 reads, 20 writes) × 10", "300")
    assert shown["transactions in all, a second"] == ("the three together", "374")
    assert all(all(row) for row in block.rows)


def test_every_assumption_is_named() -> None:
    """With its figure."""
    said = " ".join(assumed(plan(1)).below)
    for figure in ("50%", "400 MB", "2 minutes", "25%", "10%", "5,000 tokens", "5 ms", "recordings/one"):
        assert figure in said
