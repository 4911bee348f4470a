"""What an owner is warned of."""

import msgspec
import pytest

from tools.business import Business
from tools.text_warnings import text_warnings


def worded(business: Business, **wording: str) -> Business:
    """The business with other words."""
    return msgspec.structs.replace(business, wording=msgspec.structs.replace(business.wording, **wording))


def test_the_sample_business_is_warned_of_nothing(business: Business) -> None:
    """What it says is cheap, and no answer that it asks for means something else."""
    assert text_warnings(business) == []


def test_what_is_written_plainly_anyway_is_no_matter(business: Business) -> None:
    """Curly quotes, dashes and accents cost nothing."""
    assert text_warnings(worded(business, moved_text="“{service}” – déjà vu, {time}")) == []


@pytest.mark.parametrize(
    ("key", "text", "warning"),
    [
        (
            "reminder_text",
            "See you 🙂 {date}",
            "wording.reminder_text: '🙂' is not in the telephones' alphabet",
        ),
        ("confirmation_text", "{name} " + "x" * 290, "it is sent, and paid for, as 3 texts"),
        ("cancelled_text", "я" * 135, "as 3 texts"),
        ("passed_on_text", "{number} " * 40, "as 4 texts"),
        ("reminder_text", 'Reply "YES" to confirm', "asks for the answer YES"),
        ("reminder_text", "text us back with cancel to cancel", "asks for the answer CANCEL"),
        ("code_text", "{code}: send END to end", "asks for the answer END"),
    ],
)
def test_a_warning_names_its_key(business: Business, key: str, text: str, warning: str) -> None:
    """Each with what it comes to."""
    found = text_warnings(worded(business, **{key: text}))
    assert any(one.startswith(f"wording.{key}: ") and warning in one for one in found), found


@pytest.mark.parametrize(
    "text",
    ["Reply STOP to get no more texts", "Reply C to confirm", "Call to cancel", "text START to begin again"],
)
def test_what_is_no_trap(business: Business, text: str) -> None:
    """STOP and START where they mean what the network means; other words than answers."""
    assert text_warnings(worded(business, reminder_text=text)) == []


def test_a_business_without_services(business: Business) -> None:
    """One that only collects leads has none."""
    assert text_warnings(msgspec.structs.replace(business, services=())) == []
