"""A party's ledger: what it saw and did, in order, for the checker.

Pure data. Each of the four parties writes its own; only `checker.py` reads them together.
`at` is the loop's time in seconds, so entries of different parties can be compared.
"""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One line of a ledger."""

    at: float  # seconds, loop time
    kind: str
    data: dict[str, Any]


class Ledger:
    """Append-only list of entries of one party."""

    def __init__(self, party: str, time: Callable[[], float]) -> None:
        self.party = party
        self.entries: list[Entry] = []
        self._time = time
        self._watchers: list[Callable[[str, Entry], None]] = []

    def write(self, kind: str, **data: Any) -> Entry:
        entry = Entry(self._time(), kind, data)
        self.entries.append(entry)
        for watcher in self._watchers:
            watcher(self.party, entry)
        return entry

    def watch(self, watcher: Callable[[str, Entry], None]) -> None:
        """Call `watcher(party, entry)` for each entry from now on (the live screen)."""
        self._watchers.append(watcher)

    def of(self, *kinds: str) -> Iterator[Entry]:
        return (entry for entry in self.entries if entry.kind in kinds)

    def breaches(self) -> list[Entry]:
        """Entries of kind `breach`: the peer broke the vendor's protocol."""
        return list(self.of("breach"))
