"""What the caller types: key after key, about a quarter of a second apart.

Pure. A caller who was sent a code reads it in the text and types it. Read next:
stream_client.py, which sends the keys.
"""

import re
from collections import deque

TICKS_BETWEEN = 13  # of 20 ms each

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


def code_in(text: str) -> str:
    """The first code in a text message: six digits on their own; "" when there is none."""
    found = _CODE.search(text)
    return found.group() if found else ""


class Keypad:
    """The keys still to be pressed."""

    def __init__(self) -> None:
        self._waiting: deque[str] = deque()
        self._rest = 0  # ticks until the next one

    @property
    def busy(self) -> bool:
        return bool(self._waiting)

    def type(self, keys: str) -> None:
        """Press these, the first with the next tick."""
        self._waiting.extend(keys)
        self._rest = 0

    def tick(self) -> str | None:
        """The key that is pressed now; to be asked every 20 ms."""
        self._rest = max(0, self._rest - 1)
        if not self._waiting or self._rest:
            return None
        self._rest = TICKS_BETWEEN
        return self._waiting.popleft()

    def let_go(self) -> None:
        """Forget what was not pressed yet: the stream is over."""
        self._waiting.clear()
