"""Keeps a call's snapshot in the store, a moment behind the call: after every turn and tool.

Shell, but nothing waits for it: it goes through the journal, one write at a time, and each writes what
is true when its turn comes. A process that is killed leaves the one from at most a moment before (see
`journal.py`); what the telephone does next is committed with one of its own. Read `snapshot.py` for
what is in it.
"""

from collections import deque

from bridge.call import snapshot
from bridge.call.messages import RecordTurn
from bridge.call.resumption import Resumption
from bridge.call.snapshot import Line, Snapshot
from bridge.store.database import Entry
from bridge.store.journal import Journal
from bridge.store.resuming import ResumeStore
from tools.facts import CallFacts

LINES_KEPT = 12


class SnapshotKeeper:
    """One stream's snapshots."""

    def __init__(
        self,
        facts: CallFacts,
        begins: Resumption,
        *,
        store: ResumeStore,
        journal: Journal,
        transcripts: bool,
    ) -> None:
        """`transcripts` false: what was said is not kept, here neither."""
        self._facts = facts
        self._stream = begins.stream
        self._store = store
        self._journal = journal
        self._transcripts = transcripts
        self._said = deque(begins.said, maxlen=LINES_KEPT)
        self._greeted = begins.greeted
        self._spent = begins.spent
        self._waiting = False
        self._dropped = 0  # of the journal, when the note that waits was put there
        self.changed()

    def said(self, turn: RecordTurn) -> None:
        """A turn came to its end. Its text is free of codes."""
        self._greeted = self._greeted or turn.speaker == "agent"
        if self._transcripts and turn.text:
            self._said.append(Line(turn.speaker, turn.text))
        self.changed()

    def spent(self, micros: int) -> None:
        self._spent += micros

    def changed(self) -> None:
        """Something is true that was not: write it down soon. Many changes make one write."""
        if not self._waiting or self._journal.dropped != self._dropped:  # it may have been ours
            self._waiting = True
            self._journal.note(self._entry)
            self._dropped = self._journal.dropped

    def write(self) -> Entry:
        """Write what is true now."""
        kept = Snapshot(facts=self._facts, said=tuple(self._said), greeted=self._greeted, spent=self._spent)
        text = snapshot.encode(kept)
        return self._store.save_snapshot(call_sid=self._facts.call_sid, stream=self._stream, snapshot=text)

    def _entry(self) -> Entry:
        self._waiting = False
        return self.write()
