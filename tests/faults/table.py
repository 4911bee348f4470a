"""What is printed of the cells: what the caller heard and when, where the call went, what it left."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from tests.faults.cells import Result

WORDS = 34  # characters of what was heard


def lines(results: list[Result]) -> Iterator[str]:
    """The table, one line for a cell, and the reasons below each red one."""
    fault = max((len(result.fault) for result in results), default=0)
    moment = max((len(result.moment) for result in results), default=0)
    went = max((len(_went(result)) for result in results), default=0)
    head = f"{'fault':<{fault}}  {'moment':<{moment}}  {'heard next (s after the fault)':<{WORDS + 8}}"
    yield f"     {head}  silence  wait  {'where it went':<{went}}  what it left"
    for family, group in groupby(results, lambda result: result.family):
        yield f"{family}"
        for result in group:
            row = f"{result.fault:<{fault}}  {result.moment:<{moment}}  {_heard(result):<{WORDS + 8}}"
            row += f"  {result.silence_s:>5.1f} s {result.wait_s:>5.1f}"
            yield f"{'RED' if result.wrong else 'ok':>4} {row}  {_went(result):<{went}}  {_left(result)}"
            yield from (f"     because {what}" for what in result.wrong)


def sums(results: list[Result]) -> Iterator[str]:
    """The whole in a few lines."""
    ends = Counter(result.went for result in results)
    longest = max((result.silence_s for result in results), default=0.0)
    wait = max((result.wait_s for result in results), default=0.0)
    yield f"  {'longest silence while something was pending':<48} {longest:.1f} s"
    yield f"  {'longest wait for an answer or the next step':<48} {wait:.1f} s (without what tools took)"
    yield f"  {'bookings or texts lost':<48} {sum(result.lost for result in results)}"
    yield f"  {'done twice':<48} {sum(result.doubled for result in results)}"
    yield "  where the calls went: " + ", ".join(f"{end} {number}" for end, number in ends.most_common())


def _heard(result: Result) -> str:
    if not result.heard:
        return "nothing more"
    after, words = result.heard[0]
    short = words if len(words) <= WORDS else f"{words[: WORDS - 1]}…"
    return f"{after:>5.1f}  {short}"


def _went(result: Result) -> str:
    times = {0: "", 1: ", resumed"}.get(result.resumes, f", resumed {result.resumes} times")
    return f"{result.went}{times}"


def _left(result: Result) -> str:
    """Calendar, store, texts, tasks."""
    parts = [_number(result.events, "event"), "/".join(result.rows) or "no reservation"]
    parts.append(_number(result.texts, "text"))
    if result.mails:
        parts.append(_number(result.mails, "mail"))
    if result.waiting:
        parts.append(f"{result.waiting} to be sent")
    if result.tasks:
        parts.append(f"task: {', '.join(result.tasks)}")
    return "; ".join(parts)


def _number(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
