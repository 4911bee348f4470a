"""What a caller told, as lines for the people who serve them.

Pure. A line holds a label of ours and one value, in which `arguments.SaveDetails` lets no line
end, tag or control character pass: it is data, wherever it is shown. Read `details.py` next.
"""

from collections.abc import Iterable

from tools.business import Field
from tools.store import Lead

# In the order of reading. What only matters to whoever calls back stands in the second.
_FOR_THE_VISIT = {
    "reason": "Reason",
    "appointment_type": "Kind of appointment",
    "urgency": "Urgency",
    "customer": "Customer",
    "location": "Location",
}
_FOR_CALLING_BACK = {
    "email": "Email",
    "qualified": "Qualified",
    "handoff_reason": "A person is wanted because",
}


def visit_note(lead: Lead, caller_number: str | None, fields: Iterable[Field]) -> str:
    """What goes into the calendar beside an appointment; "" when nothing of it was told."""
    return "\n".join([*_lines(lead, _FOR_THE_VISIT), *_number(lead, caller_number), *_own(lead, fields)])


def callback_note(lead: Lead, caller_number: str | None, fields: Iterable[Field]) -> str:
    """What goes to the person who calls back; "" when nothing of it was told."""
    told = [*_number(lead, caller_number), *_lines(lead, _FOR_THE_VISIT), *_lines(lead, _FOR_CALLING_BACK)]
    return "\n".join([*told, *_own(lead, fields)])


def _lines(lead: Lead, labels: dict[str, str]) -> list[str]:
    told = {label: getattr(lead, field) for field, label in labels.items()}
    return [f"{label}: {value.replace('_', ' ')}" for label, value in told.items() if value is not None]


def _number(lead: Lead, caller_number: str | None) -> list[str]:
    """Named for a person to judge, and never rung by us: anybody can name any number."""
    if lead.callback_number is None or lead.callback_number == caller_number:
        return []
    return [f"Asked to be called at: {lead.callback_number}"]


def _own(lead: Lead, fields: Iterable[Field]) -> list[str]:
    return [f"{field.label}: {lead.fields[field.key]}" for field in fields if field.key in lead.fields]
