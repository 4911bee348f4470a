"""What goes wrong with the caller's leg. Read next: service_faults.py."""

from collections.abc import Callable

from bridge.harness.telephone.line_faults import LineFaults
from tests.faults.bad_messages import FROM_THE_LINE, GIANT

Act = Callable[[LineFaults], None]
LATE_S = 1.5  # of a `start` that is waited for
FAR_TOO_LATE_S = 6.0  # of one that is not


def lost(faults: LineFaults) -> None:
    faults.lose_stream()


def lost_with_the_call(faults: LineFaults) -> None:
    faults.asks_after_loss = False
    faults.lose_stream()


def lost_and_start_missing(faults: LineFaults) -> None:
    faults.lose_start()
    faults.lose_stream()


def frames_twice(faults: LineFaults) -> None:
    faults.repeats_frames = True


def frames_in_disorder(faults: LineFaults) -> None:
    faults.swaps_frames = True


def frames_missing(faults: LineFaults) -> None:
    faults.drops_frames = True


def malformed(faults: LineFaults) -> None:
    faults.say(FROM_THE_LINE)


def giant(faults: LineFaults) -> None:
    faults.say((GIANT,))


def marks_missing(faults: LineFaults) -> None:
    faults.keeps_marks = True


def start_late(faults: LineFaults) -> None:
    faults.start_late(LATE_S)


def start_far_too_late(faults: LineFaults) -> None:
    faults.start_late(FAR_TOO_LATE_S)


def start_missing(faults: LineFaults) -> None:
    faults.lose_start()


def no_start_ever(faults: LineFaults) -> None:
    faults.lose_start(9)


GO_ON: dict[str, Act] = {
    "line lost": lost,
    "line lost, then no start": lost_and_start_missing,
    "malformed messages": malformed,
    "a giant message": giant,
}
FRAMES: dict[str, Act] = {
    "frames twice": frames_twice,
    "frames in disorder": frames_in_disorder,
    "frames missing": frames_missing,
}
NO_MARKS: dict[str, Act] = {"no mark comes back": marks_missing}
CALL_GONE: dict[str, Act] = {"line lost with the call": lost_with_the_call}
AT_FIRST: dict[str, Act] = {
    "start comes late": start_late,
}
# No stream of the call was ever accepted, so there is nothing to go on with: a person.
NEVER_STARTS: dict[str, Act] = {
    "start comes far too late": start_far_too_late,
    "start missing": start_missing,
    "no start ever": no_start_ever,
}
