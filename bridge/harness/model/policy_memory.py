"""What the receptionist takes from the note with which a call goes on after its line was cut.

Pure. A mind of a new session knows nothing of the call but this. Read next: policy.py.
"""

import re

import msgspec

_CUT = re.compile(r"\bline was cut\b")
_OFFERED = re.compile(r"^Offered before: (slot_\d+), \w+, (.+)\.$", re.MULTILINE)
_KEPT = re.compile(r"^(slot_\d+) is kept for (.+), and not booked\.", re.MULTILINE)
_DONE = re.compile(r"^Done in this call", re.MULTILINE)


class Memory(msgspec.Struct, frozen=True):
    """Where the call was."""

    slots: list[str]  # ids, in the order offered
    times: list[str]  # the same, as they are said
    kept: str  # the slot that was held, "" for none
    name: str  # for whom
    served: bool  # something was done


def remembered(role: str, note: str) -> Memory | None:
    """What a note says of the call so far; None for one about something else."""
    if role != "system" or not _CUT.search(note):
        return None
    offered, kept = _OFFERED.findall(note), _KEPT.search(note)
    served = _DONE.search(note) is not None
    return Memory(
        slots=[] if served else [slot for slot, _ in offered],
        times=[] if served else [time for _, time in offered],
        kept=kept[1] if kept else "",
        name=kept[2] if kept else "",
        served=served,
    )
