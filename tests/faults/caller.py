"""A caller who answers what they are asked: whatever breaks, no script would foresee the conversation.

The sentences are those of the model stand-in and of the tools; the sounds are recorded callers'. Read next:
play.py.
"""

from collections.abc import Iterator, Sequence
from typing import overload

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.recording import CallerLine, Recording

PATIENCE_MS = 3000  # the caller lets fillers pass
MOST_LINES = 40
NOT_YET = CallerLine(hang_up=True, if_silent_ms=10**9)  # they wait for more
# What is said to what was heard, by words of it; the first that fits. Whatever else is heard: goodbye.
ANSWERS = (
    ("One moment", None),
    ("Let me look", None),
    ("To confirm", "yes"),
    ("your name", "name"),
    ("I have ", "choose"),
    ("Could you say it again", "again"),
    ("speak to a person", "yes"),
    ("Shall I take a message", "message"),
    ("What shall I pass on", "message"),
    ("anything else", "goodbye"),
    ("How can I help", "book"),
    ("What day", "book"),
)


class Answering(Sequence[CallerLine]):
    """The steps of one call, each chosen when it is due, from what the agent said last."""

    def __init__(self, recording: Recording, said: Ledger) -> None:
        """`said`: the model's ledger. A line for each intent in ANSWERS stands in `recording`."""
        self._lines = {
            line.means.intent.value: msgspec.structs.replace(line, after_quiet_ms=PATIENCE_MS)
            for line in recording.lines
            if line.means is not None
        }
        self._said = said
        self.chosen: list[CallerLine] = []  # so far; the last one may never have been said

    def __len__(self) -> int:
        return MOST_LINES

    def __iter__(self) -> Iterator[CallerLine]:
        return iter(self._lines.values())

    @overload
    def __getitem__(self, number: int) -> CallerLine: ...
    @overload
    def __getitem__(self, number: slice) -> list[CallerLine]: ...
    def __getitem__(self, number: int | slice) -> CallerLine | list[CallerLine]:
        if isinstance(number, slice):
            return self.chosen[number]
        del self.chosen[number:]
        self.chosen.append(self._answer())
        return self.chosen[-1]

    def _answer(self) -> CallerLine:
        heard = ""
        for entry in self._said.of("said"):
            heard = entry.data["text"]
        if not heard:
            return NOT_YET
        answer = next((intent for words, intent in ANSWERS if words in heard), "goodbye")
        if answer is None:
            return NOT_YET
        if answer == "again":
            return self.chosen[-1] if self.chosen else self._lines["book"]
        return self._lines[answer]
