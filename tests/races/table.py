"""What is printed after the races: what was done, what was found, how long winning took."""

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.races.journal import Op
from tests.races.judge import HOLD_KINDS
from tests.races.run import Result

THROUGH_GOOGLE = ("hold", "book", "move", "cancel")  # of a google race: each sends at least one request


def lines(results: list[Result]) -> Iterator[str]:
    """The table."""
    for result in results:
        race, findings = result.race, result.findings
        kinds = Counter(op.kind for op in result.ops)
        ends = Counter(op.result for op in result.ops)
        yield ""
        yield f"{race.name}: {operations(result)} operations by {race.processes} processes at a time"
        yield f"  in {result.took_s:.0f} s, and {result.settling_s:.0f} s to settle what was left"
        yield "  done: " + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
        if any(result.around.values()):
            yield "  around: " + ", ".join(f"{what} {number}" for what, number in result.around.most_common())
        yield "  answered: " + ", ".join(f"{end} {number}" for end, number in ends.most_common())
        yield f"  holds that ran out: {result.expired}"
        if through_google(result):
            yield f"  through the Google client: {through_google(result)}, in {result.requests} requests"
        won = sorted(contested(result.ops))
        if won:
            yield f"  contested times won: {len(won)}, after {_ms(won, 0.5)} (p50), {_ms(won, 0.99)} (p99)"
        for what, number in {
            "double bookings": findings.double_bookings,
            "bookings lost": findings.lost,
            "texts doubled": findings.texts_doubled,
            "holds leaked": findings.holds_leaked,
            "left open": findings.left_open,
            "events without a booking": findings.orphans,
        }.items():
            yield f"  {what:<26} {number}"
        if race.kind == "google":
            yield f"  {'a person was first':<26} {findings.clashes} taken back, {findings.untold} untold"
            yield f"  {'  and was not noticed':<26} {findings.clashes_missed}"
            yield f"  {'a person came later':<26} {findings.clashes_later} stand, for the owner to settle"
            yield f"  {'a person deleted ours':<26} {findings.deleted_by_people}"


def operations(result: Result) -> int:
    """Of the processes, of people, and faults; not what ran out by itself."""
    return len(result.ops) + sum(result.around.values())


def through_google(result: Result) -> int:
    if result.race.kind != "google":
        return 0
    return sum(op.kind in THROUGH_GOOGLE for op in result.ops)


def contested(ops: list[Op]) -> Iterator[float]:
    """Seconds from asking to having, of holds that another process wanted at the same moment."""
    wanted: defaultdict[tuple[str, int], list[Op]] = defaultdict(list)
    holds = sorted((op for op in ops if op.kind in HOLD_KINDS and op.ended), key=lambda op: op.began)
    longest = max((op.ended - op.began for op in holds), default=0.0)
    for op in holds:
        for quarter in op.quarters:
            wanted[op.calendar, quarter].append(op)
    for op in holds:
        if op.result == "ok" and any(
            other.process != op.process and other.ended > op.began
            for quarter in op.quarters
            for other in _begun(wanted[op.calendar, quarter], op.began - longest, op.ended)
        ):
            yield op.ended - op.began


def _begun(ops: list[Op], since: float, until: float) -> Iterator[Op]:
    """Of those in order, the ones that began in between."""
    for at in range(bisect.bisect_left(ops, since, key=lambda op: op.began), len(ops)):
        if ops[at].began >= until:
            return
        yield ops[at]


def _ms(values: list[float], share: float) -> str:
    return f"{values[min(len(values) - 1, int(len(values) * share))] * 1000:.0f} ms"
