"""The receptionist's part for what callers tell: keep it, ask for what the owner wants to know.

Pure. What is missing comes from the tool's answer, the owner's own questions from the instructions.
Where nothing is booked a message ends it. Read first: policy.py, which tells this what happens.
"""

import re
from typing import Any

from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import ASK_DETAIL, ASK_NAME

_OWN_QUESTION = re.compile(r"^- ([a-z][a-z0-9_]*): ([^?\n]+\?)", re.MULTILINE)
_A_MESSAGE = 600  # characters at most


class Details:
    """What was told in one call, and what is still to be asked."""

    def __init__(self) -> None:
        self._questions: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._missing: list[str] = []

    def instructed(self, instructions: str) -> None:
        self._questions = dict(_OWN_QUESTION.findall(instructions))

    def told(self, details: dict[str, str]) -> CallTool:
        """The caller tells something: it is kept at once."""
        self._told |= details
        return CallTool("save_details", dict(details))

    def kept(self, output: dict[str, Any]) -> None:
        """It is kept: what else does the owner want to know?"""
        self._missing = [str(key) for key in output.get("still_to_ask", [])]

    def next_question(self) -> Say | None:
        """The first thing that is missing; None when all was told, or nothing at all."""
        if not self._missing:
            return None
        key = self._missing[0]
        return Say(self._questions.get(key) or ASK_DETAIL.get(key, ASK_NAME))

    def message(self) -> CallTool | None:
        """All that was told, for a person; None when there is nothing to pass on (any more)."""
        wish = self._told.pop("reason", "")
        if not wish:
            return None
        return CallTool("take_message", {"message": wish[:_A_MESSAGE]})
