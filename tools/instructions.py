"""Renders `prompts/receptionist.md` into the instructions of one call.

Pure. The template is the agent's manner, with what it is there for in it: `app.py` puts one of
`TASK_FILES` in the place of `{task}`. The values are the owner's facts and today's date. What
changes from day to day stands last, so that the beginning of the text stays the same and the
model service can reuse it (its cache works on prefixes).
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from tools import spoken
from tools.business import Business, Hours, Mode, Stretch
from tools.greeting import Opening

# Of the built-in details, the words to the model; keys are `arguments.ASKABLE`.
ASKED = {
    "name": "their name.",
    "callback_number": "the number to call back on.",
    "email": "their email address, spelt.",
    "location": "the address, or where it is about.",
    "reason": "what it is about, in a few words.",
    "customer": "whether they have been a customer before.",
    "appointment_type": "what kind of visit or work they want.",
    "urgency": "how urgent it is.",
    "best_time": "when it suits them to be called back.",
}
DAYS_TOLD = 14
_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")


# What the agent is there for: files beside the template, by the business's mode.
TASK_FILES = {Mode.BOOKINGS: "booking.md", Mode.LEADS: "leads.md"}
TASK = "{task}"


class InstructionsError(Exception):
    """The template names a placeholder that does not exist, or lacks one that changes daily."""


def render_instructions(template: str, business: Business, now: datetime, begins: Opening) -> str:
    """The instructions for a call that begins at `now` (aware) and so. Raises InstructionsError."""
    values = placeholders(business, now, begins)
    unknown = sorted(set(_PLACEHOLDER.findall(template)) - values.keys())
    if unknown:
        raise InstructionsError(
            f"unknown placeholder {', '.join(f'{{{name}}}' for name in unknown)}; "
            f"expected {', '.join(f'{{{name}}}' for name in sorted(values))}"
        )
    if "{today}" not in template:
        raise InstructionsError("the placeholder {today} is missing: without it no date can be worked out")
    return _PLACEHOLDER.sub(lambda match: values[match.group(1)], template)


def placeholders(business: Business, now: datetime, begins: Opening) -> Mapping[str, str]:
    """Everything a template may name, with its value."""
    today = now.astimezone(business.tz)
    return {
        "business": business.name,
        "agent": business.agent,
        "opening": begins.words,
        "caller": begins.caller,
        "goodbye": business.wording.goodbye,
        "address": business.address,
        "directions": business.directions,
        "hours": _hours(business.hours),
        "closures": _closures(business, today.date()),
        "services": _services(business),
        "details": _details(business),
        "topics": _topics(business),
        "zone": business.zone,
        "today": f"{spoken.WEEKDAYS[today.weekday()]}, {today.date().isoformat()}",
        "days": _days(today.date()),
        "time": f"{today:%H:%M}",
    }


def _days(today: date) -> str:
    """The days after `today` with their dates: "next Thursday" is where a date slips most easily."""
    days = (today + timedelta(days=ahead) for ahead in range(1, DAYS_TOLD + 1))
    return ", ".join(f"{spoken.WEEKDAYS[day.weekday()]} {day.isoformat()}" for day in days)


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
    return "\n".join(lines) or "- none"


def _details(business: Business) -> str:
    """What the owner wants every caller asked; in the words of the owner where they are the owner's own."""
    lines = [f"- {key}: {ASKED[key]}" for key in business.ask]
    for field in business.fields:
        answers = f" Answers: {', '.join(field.choices)}." if field.choices else ""
        when = "" if field.required else " Only if it fits."
        lines.append(f"- {field.key}: {field.question}{answers}{when}")
    return "\n".join(lines) or "- nothing further"


def _topics(business: Business) -> str:
    return (
        "\n".join(f"- {question.topic}: {' '.join(question.questions)}" for question in business.questions)
        or "- none"
    )
