"""Renders `prompts/receptionist.md` into the instructions of one call.

Pure. The template is the agent's manner; the values are the owner's facts and today's
date. What changes from day to day stands last, so that the beginning of the text stays
the same and the model service can reuse it (its cache works on prefixes).
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tools import spoken
from tools.business import Business, Hours, Stretch

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
        "closures": _closures(business, today.date()),
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


def _closures(business: Business, today: date) -> str:
    """Closures to come, and holidays as far ahead as can be booked; others would only cost attention."""
    until = today + timedelta(days=business.horizon_days)
    days = [(one.first, one.last, one.reason) for one in business.closures if one.last >= today]
    for day, name in business.holidays.items():
        if today <= day <= until and business.closed(day) == name:
            days.append((day, day, name))
    lines = []
    for first, last, reason in sorted(days):
        span = first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"
        lines.append(f"- {span}: {reason}")
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
