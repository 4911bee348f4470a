"""Keys that the caller presses: one at a time, or collected while a tool waits for several.

Pure. A code of six digits must reach the model as one thing and not as six questions, so while it is
wanted the keys become one note: when enough came, at "#", or when no more come. "*" starts anew. What
0 means is decided in `session.py`, before this is asked.
"""

KEYS_GAP_S = 5.0  # whoever reads a code from the telephone they are calling with looks away between keys
ENTER, ANEW = "#", "*"


class Keypad:
    """One call's keys. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._wanted = 0
        self._pressed = ""
        self._until: float | None = None  # then what was pressed is taken as it is

    @property
    def is_waiting(self) -> bool:
        """True while a tool waits for keys."""
        return self._wanted > 0

    def want(self, count: int | None) -> None:
        """A tool answered: it waits for so many keys, for none any more, or (None) has no say in it."""
        if count is not None:
            self._wanted = count
        if count == 0:
            self._take()

    def press(self, key: str, now: float) -> str | None:
        """The keys that are complete with this one; None while more are wanted."""
        if not self._wanted:
            return key
        if key == ENTER and self._pressed:
            self._wanted = 0
        elif key == ENTER:
            return key  # ends nothing, but the agent fell silent for it
        else:
            self._pressed = "" if key == ANEW else self._pressed + key
            self._until = now + KEYS_GAP_S
            if len(self._pressed) < self._wanted:
                return None
            self._wanted = 0
        return self._take()

    def overdue(self, now: float) -> str | None:
        """The keys that are left when no more come; None when it is not so far. More may still follow."""
        if self._until is None or now < self._until:
            return None
        return self._take() or ANEW

    def deadline(self) -> float | None:
        """When `overdue` may change its mind by time alone."""
        return self._until

    def _take(self) -> str:
        pressed, self._pressed, self._until = self._pressed, "", None
        return pressed
