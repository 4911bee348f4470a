"""Keys that the caller presses: one at a time, or collected while a tool waits for several.

Pure. A code of six digits must reach the model as one thing and not as six questions, so while it is
wanted the keys become one note: when enough came, at "#", or when no more come. "*" starts anew. What
0 means is decided in `caller.py`, before this is asked. Keys that nobody waits for are counted in tries:
a number that is typed in one go is something the caller tells, one key after another is somebody lost.
"""

PERSON_KEY = "0"
KEYS_GAP_S = 5.0  # whoever reads a code from the telephone they are calling with looks away between keys
TRY_GAP_S = 2.0  # whoever tries one key after another listens in between; whoever types a number does not
A_NUMBER = 3  # keys in one go are no try
ENTER, ANEW = "#", "*"


class Keypad:
    """One call's keys. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._wanted = 0
        self._pressed = ""
        self._until: float | None = None  # then what was pressed is taken as it is
        self._tries = 0  # with keys that nothing waited for, without a word in between
        self._in_one_go = 0  # keys of the latest try
        self._last_stray: float | None = None

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

    # --- keys that nothing waits for --------------------------------------------------

    def stray_tries(self, now: float) -> int:
        """Which try begins with this key, asked before `press`; 0 when it begins none."""
        if self._wanted:
            self.words_came()
            return 0
        goes_on = self._last_stray is not None and now < self._last_stray + TRY_GAP_S
        self._last_stray = now
        if not goes_on:
            self._in_one_go = 1
            self._tries += 1
            return self._tries
        self._in_one_go += 1
        if self._in_one_go == A_NUMBER:
            self._tries = 0
        return 0

    def words_came(self) -> None:
        """The caller spoke, or answers a tool: whatever they tried before is forgotten."""
        self._tries = 0

    def _take(self) -> str:
        pressed, self._pressed, self._until = self._pressed, "", None
        return pressed
