"""When a worker that died is started again: at once, after a pause, or never.

Pure. Read `workers.py` next.
"""

LONG_S = 30.0  # whoever lived so long did not die of how it begins
PAUSES_S = (0.0, 1.0, 2.0, 4.0)  # after each early death in a row; after one more it is given up


class Restarts:
    """Those of one worker."""

    def __init__(self) -> None:
        self.early = 0  # deaths soon after a start, in a row

    def died(self, lived_s: float) -> float | None:
        """Seconds until it is started again; None: it dies again and again, and would for ever."""
        if lived_s >= LONG_S:
            self.early = 0
            return 0.0
        self.early += 1
        return PAUSES_S[self.early - 1] if self.early <= len(PAUSES_S) else None
