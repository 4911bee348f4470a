"""How the receptionist goes on in a new session: from the note that tells it of the call so far.

Pure. The stand-in's mind is one for the whole call, so it knows what it was about to say; whether that
came to anything it learns from the note alone, as the model does. Used by policy.py.
"""

import json
import re
from typing import Any

from bridge.harness.model.policy_types import CallTool
from bridge.harness.model.policy_words import Contents

_SEED = "broke off and is back"
_LAST = re.compile(r"^(\w+): (\{.*\})$", re.MULTILINE)
_ANSWER = re.compile(r"The tool (\w+), which you asked for .*?, has answered: (\{.*\})", re.DOTALL)


def is_seed(role: str, text: str) -> bool:
    """True for the note that a new session begins with."""
    return role == "system" and _SEED in text


def lost(contents: Contents, seed: str) -> Contents:
    """What of the last turn came to nothing: tools that never ran, words that were not spoken."""
    tools = seed.partition("What your tools said last")[2] + seed.partition("Still running")[2]
    return [
        part
        for part in contents
        if (
            part.name not in tools if isinstance(part, CallTool) else f"You: {part.text}\n" not in f"{seed}\n"
        )
    ]


def last_answers(seed: str) -> dict[str, dict[str, Any]]:
    """Each tool's latest answer, as the note tells it; what was cut short is left out."""
    told = seed.partition("What your tools said last")[2]
    answers = {}
    for name, output in _LAST.findall(told):
        try:
            answers[name] = json.loads(output)
        except ValueError:
            continue
    return answers


def told_by(note: str) -> list[tuple[str, dict[str, Any]]]:
    """The tools' answers that a note tells of."""
    late = late_answer(note)
    return [late] if late is not None else list(last_answers(note).items())


def late_answer(text: str) -> tuple[str, dict[str, Any]] | None:
    """The tool and its answer, when a note tells of one; None for any other note."""
    found = _ANSWER.search(text)
    return None if found is None else (found[1], json.loads(found[2]))
