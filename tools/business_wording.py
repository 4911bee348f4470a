"""The owner's sentences, with their placeholders checked and filled in.

Pure. Used by `business_file.py`.
"""

import string
from collections.abc import Iterable

import msgspec

from tools.business import Wording
from tools.business_tables import WordingTable

SPOKEN_PLACEHOLDERS = frozenset({"business", "agent"})
TEXT_PLACEHOLDERS = frozenset({"business", "service", "name", "date", "time", "address"})


def spoken_wording(table: WordingTable, business: str, agent: str, problems: list[str]) -> Wording:
    """What is said, filled in; what is sent, as it stands. Appends a sentence for each mistake."""
    texts = {key: text for key, text in msgspec.structs.asdict(table).items() if isinstance(text, str)}
    spoken: dict[str, str] = {}
    for key, text in texts.items():
        allowed = TEXT_PLACEHOLDERS if key == "confirmation_text" else SPOKEN_PLACEHOLDERS
        problem = placeholder_problem(text, allowed)
        if problem is not None:
            problems.append(f"wording.{key}: {problem}")
        elif key != "confirmation_text":
            spoken[key] = text.format(business=business, agent=agent)
    opening = ["greeting", *(["disclosure_sentence"] if table.disclosure else []), "opening_question"]
    return Wording(
        opening=" ".join(spoken.get(key, "") for key in opening),
        busy=spoken.get("busy", ""),
        trouble=spoken.get("trouble", ""),
        call_back=spoken.get("call_back", ""),
        goodbye=spoken.get("goodbye", ""),
        confirmation_text=table.confirmation_text,
    )


def placeholder_problem(text: str, allowed: Iterable[str]) -> str | None:
    """What is wrong with the `{placeholders}` of `text`, or None."""
    names = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        return f"{error}; expected placeholders such as {names}"
    for _, name, spec, conversion in parts:
        if name is not None and (name not in set(allowed) or spec or conversion):
            return f"unknown placeholder {{{name}}}; expected {names}"
    return None
