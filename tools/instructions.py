"""Renders `prompts/receptionist.md` into the instructions of one call.

Pure. The template is the agent's manner; the values are the owner's facts and today's
date. What changes from day to day stands last, so that the beginning of the text stays
the same and the model service can reuse it (its cache works on prefixes).
"""

import re
from collections.abc import Mapping
from datetime import datetime

from tools import spoken
from tools.business import Business, Closure, Hours, Stretch

_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


class InstructionsError(Exception):
    """The template names a placeholder that does not exist, or lacks one that changes daily."""


def render_instructions(template: str, business: Business, now: datetime) -> str:
    """The instructions for a call that begins at `now` (aware). Raises InstructionsError."""
    values = placeholders(business, now)
    unknown = sorted(set(_PLACEHOLDER.findall(template)) - values.keys())
    if unknown:
        raise InstructionsError(
            f"unknown placeholder {', '.join(f'{{{name}}}' for name in unknown)}; "
            f"expected {', '.join(f'{{{name}}}' for name in sorted(values))}"
        )
    if "{today}" not in template:
        raise InstructionsError("the placeholder {today} is missing: without it no date can be worked out")
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)


def placeholders(business: Business, now: datetime) -> Mapping[str, str]:
    """Everything a template may name, with its value."""
    today = now.astimezone(business.tz)
    return {
        "business": business.name,
        "agent": business.agent,
        "opening": business.wording.opening,
        "goodbye": business.wording.goodbye,
        "address": business.address,
        "directions": business.directions,
        "hours": _hours(business.hours),
        "closures": _closures(business.closures, today),
        "services": _services(business),
        "topics": _topics(business),
        "zone": business.zone,
        "today": f"{spoken.WEEKDAYS[today.weekday()]}, {today.date().isoformat()}",
        "time": f"{today:%H:%M}",
    }


def _hours(hours: Hours) -> str:
    return "\n".join(
        f"- {day}: {', '.join(map(_stretch, stretches)) or 'closed'}"
        for day, stretches in zip(spoken.WEEKDAYS, hours, strict=True)
    )


def _stretch(stretch: Stretch) -> str:
    return f"{_clock(stretch.opens)} to {_clock(stretch.closes)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _closures(closures: tuple[Closure, ...], today: datetime) -> str:
    """Closures still to come; the past ones would only cost attention."""
    lines = []
    for closure in closures:
        if closure.last < today.date():
            continue
        days = closure.first.isoformat()
        if closure.last != closure.first:
            days += f" to {closure.last.isoformat()}"
        lines.append(f"- {days}: {closure.reason}")
    return "\n".join(lines) or "- none"


def _services(business: Business) -> str:
    lines = []
    for service in business.services:
        price = f", {service.price}" if service.price else ""
        lines.append(f"- {service.key}: {service.name}, {service.minutes} minutes{price}")
    return "\n".join(lines)


def _topics(business: Business) -> str:
    return (
        "\n".join(f"- {question.topic}: {' '.join(question.questions)}" for question in business.questions)
        or "- none"
    )
