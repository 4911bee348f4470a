"""Free times. (written by the tools piece)"""

from datetime import datetime

import msgspec


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A free time that may be offered."""

    id: str  # short, unique in its call, e.g. "slot_1"
    calendar_id: str
    service: str
    start: datetime  # aware, in the business's zone
    end: datetime
