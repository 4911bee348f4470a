"""What a policy is: the mind of the model stand-in, told what it hears and asked what it says.

Pure. The model stand-in owns the wire and the ear and knows nothing of appointments; a
policy knows nothing of sockets. Read next: policy.py, the receptionist.
"""

from typing import Any, Protocol

import msgspec

from bridge.harness.recording import CallerLine


class Say(msgspec.Struct, frozen=True):
    """A spoken item."""

    text: str


class CallTool(msgspec.Struct, frozen=True):
    """A tool call."""

    name: str
    arguments: dict[str, Any]


class Policy(Protocol):
    """Decides the contents of each response."""

    def instructed(self, instructions: str, tools: frozenset[str]) -> None:
        """The session was given these instructions, and tools of these names."""

    def heard(self, line: CallerLine | None) -> None:
        """A committed utterance: the recording's line it was recognised as, or None."""

    def noted(self, role: str, text: str) -> None:
        """A text item was put into the conversation (a key pressed, for one)."""

    def tool_answered(self, name: str, output: dict[str, Any]) -> None:
        """The answer to a tool call stands in the conversation."""

    def next_turn(self, tools_allowed: bool) -> list[Say | CallTool]:
        """The contents of the next response, in order."""
