"""The owner's sentences, with their placeholders checked and filled in.

Pure. Used by `business_file.py`.
"""

import string
from collections.abc import Iterable

import msgspec

from tools.business import Wording
from tools.business_tables import WordingTable

SPOKEN_PLACEHOLDERS = frozenset({"business", "agent"})
TEXT_PLACEHOLDERS = frozenset({"business", "service", "name", "date", "time", "address", "cancellation"})
ANSWER_PLACEHOLDERS = frozenset({"business", "number"})
CODE_PLACEHOLDERS = frozenset({"business", "code"})
OWNER_PLACEHOLDERS = frozenset({"business", "name", "number", "reason", "urgency", "best_time", "message"})
EMAIL = tuple(f"email_{what}{part}" for what in ("", "moved_", "cancelled_") for part in ("subject", "body"))
SENT = {
    **dict.fromkeys(
        ("confirmation_text", "moved_text", "cancelled_text", "reminder_text", "confirmed_text", *EMAIL),
        TEXT_PLACEHOLDERS,
    ),
    **dict.fromkeys(("reschedule_text", "help_text", "passed_on_text"), ANSWER_PLACEHOLDERS),
    "code_text": CODE_PLACEHOLDERS,
    **dict.fromkeys(("owner_text", "owner_subject", "owner_body"), OWNER_PLACEHOLDERS),
}
"""What is sent, not said: its placeholders are filled in for each text."""


def spoken_wording(table: WordingTable, business: str, agent: str, problems: list[str]) -> Wording:
    """What is said, filled in; what is sent, as it stands. Appends a sentence for each mistake."""
    texts = {key: text for key, text in msgspec.structs.asdict(table).items() if isinstance(text, str)}
    spoken: dict[str, str] = {}
    for key, text in texts.items():
        problem = placeholder_problem(text, SENT.get(key, SPOKEN_PLACEHOLDERS))
        if problem is not None:
            problems.append(f"wording.{key}: {problem}")
        elif key not in SENT:
            spoken[key] = text.format(business=business, agent=agent)
    if "{code}" not in table.code_text:
        problems.append("wording.code_text: {code} is missing")
    said_first = ["greeting", *(["disclosure_sentence"] if table.disclosure else [])]
    greeting = " ".join(spoken.get(key, "") for key in said_first)
    return Wording(
        greeting=greeting,
        opening=f"{greeting} {spoken.get('opening_question', '')}",
        busy=spoken.get("busy", ""),
        trouble=spoken.get("trouble", ""),
        nobody_came=spoken.get("nobody_came", ""),
        resume=spoken.get("resume", ""),
        wait=spoken.get("wait", ""),
        limit=spoken.get("limit", ""),
        call_back=spoken.get("call_back", ""),
        goodbye=spoken.get("goodbye", ""),
        cancellation_rules=spoken.get("cancellation_rules", ""),
        **{key: texts[key] for key in SENT},
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
