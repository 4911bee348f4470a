"""The instructions of a call: facts filled in, mistakes named, the changing part last."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bridge.app import read_template
from tools.arguments import ASKABLE, Qualified
from tools.business import Business, Field, Mode
from tools.catalogue import tools_of
from tools.greeting import Opening
from tools.instructions import ASKED, InstructionsError, placeholders, render_instructions

PROMPT = Path(__file__).parents[2] / "prompts" / "receptionist.md"
TEMPLATE = read_template(PROMPT, Mode.BOOKINGS)
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
NEUTRAL = Opening(words="Hello, this is Robin.")


def test_the_committed_prompt_renders(business: Business) -> None:
    """Every placeholder is filled, with the date and time of the business's own clock."""
    text = render_instructions(TEMPLATE, business, NOW, NEUTRAL)
    assert not re.search(r"\{[a-z_]*\}", text)
    assert "Today is Monday, 2026-11-23. When this call began it was 09:05." in text
    assert '"Hello, this is Robin."' in text
    assert text.endswith("Who is calling is not proved.\n")
    assert "- Friday: 09:00 to 15:00" in text
    assert "- Sunday: closed" in text


def test_a_call_that_begins_otherwise(business: Business) -> None:
    """Its own first words, and what is known of the caller at the very end."""
    begins = Opening(words="Hello again.", caller="It is {agent} who calls.")
    text = render_instructions(TEMPLATE, business, NOW, begins)
    assert 'exactly these words, then wait:\n"Hello again."\n' in text
    assert text.endswith("\nIt is {agent} who calls.\n")


def test_the_date_is_the_businesss(business: Business) -> None:
    """After midnight in London it is still yesterday in New York."""
    text = render_instructions(TEMPLATE, business, datetime(2026, 11, 24, 3, tzinfo=UTC), NEUTRAL)
    assert "Monday, 2026-11-23" in text


def test_what_changes_stands_last(business: Business) -> None:
    """Two calls at different hours share all but the last lines, so that the prefix is reused."""
    one = render_instructions(TEMPLATE, business, NOW, NEUTRAL)
    two = render_instructions(TEMPLATE, business, datetime(2026, 11, 24, 20, tzinfo=UTC), NEUTRAL)
    same = next(at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    assert one[same:].count("\n") <= 3


def test_closures_and_holidays_that_may_matter_are_told(business: Business) -> None:
    """Those to come, in order, holidays only as far ahead as can be booked, none of them twice."""
    assert placeholders(business, NOW, NEUTRAL)["closures"].splitlines() == [
        "- 2026-11-26: Thanksgiving Day",
        "- 2026-11-27: Day after Thanksgiving",
        "- 2026-12-24 to 2026-12-26: Christmas",
        "- 2027-01-01: New Year's Day",
        "- 2027-01-18: Martin Luther King Jr. Day",
    ]
    later = placeholders(business, datetime(2026, 12, 28, 14, tzinfo=UTC), NEUTRAL)
    assert "Christmas" not in later["closures"]
    assert placeholders(business, datetime(2027, 7, 6, 14, tzinfo=UTC), NEUTRAL)["closures"] == "- none"


def test_an_unknown_placeholder_is_named(business: Business) -> None:
    """The mistake and everything allowed are in the message."""
    with pytest.raises(InstructionsError, match=r"\{adress\}; expected \{address\}, \{agent\}"):
        render_instructions("{today} {adress}", business, NOW, NEUTRAL)


def test_a_prompt_without_a_date_is_refused(business: Business) -> None:
    """Without today's date the model would work out wrong ones."""
    with pytest.raises(InstructionsError, match="today"):
        render_instructions("Hello", business, NOW, NEUTRAL)


def test_values_are_not_read_as_placeholders(business: Business) -> None:
    """A brace in the owner's facts stays what it is."""
    assert render_instructions("{agent} {today}", business, NOW, NEUTRAL).startswith("Robin Monday")
    text = render_instructions("{ } {{x}} {1} {today}".replace("{{x}}", ""), business, NOW, NEUTRAL)
    assert text.startswith("{ }")


@pytest.mark.parametrize("mode", Mode)
def test_prompt_and_catalogue_name_the_same_tools(mode: Mode, business: Business) -> None:
    """In either mode the prompt names every tool the model has, and none that it has not."""
    template = re.sub(r"\{[a-z_]+\}", "", read_template(PROMPT, mode))
    arguments = {"hold_id", "text_me", "caller_asks", "best_time", *Qualified}
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", template)) - arguments
    assert named == {tool.name for tool in tools_of(msgspec.structs.replace(business, mode=mode))}


def test_where_nothing_is_booked_the_prompt_promises_no_time(business: Business) -> None:
    """It renders without calendar and service, and speaks of a call back instead of a booking."""
    leads = msgspec.structs.replace(business, mode=Mode.LEADS, calendars=(), services=())
    text = render_instructions(read_template(PROMPT, Mode.LEADS), leads, NOW, NEUTRAL)
    assert not re.search(r"\{[a-z_]*\}", text)
    assert "Services, by key:\n- none\n" in text
    assert "Nothing is booked in this call" in text
    assert "# Booking" not in text


def test_what_the_owner_wants_asked_is_told(business: Business) -> None:
    """The built-in details first, then the owner's own, with their answers, and whether always."""
    assert placeholders(business, NOW, NEUTRAL)["details"] == "- nothing further"
    insurance = Field(key="insurance", question="Are you insured?", choices=("yes", "no"), required=True)
    pet = Field(key="pet_name", question="What is your pet called?")
    nosy = msgspec.structs.replace(business, ask=("reason", "email"), fields=(insurance, pet))
    assert placeholders(nosy, NOW, NEUTRAL)["details"].splitlines() == [
        "- reason: what it is about, in a few words.",
        "- email: their email address, spelt.",
        "- insurance: Are you insured? Answers: yes, no.",
        "- pet_name: What is your pet called? Only if it fits.",
    ]


def test_everything_that_can_be_asked_for_has_words() -> None:
    """An owner may name any of them."""
    assert set(ASKED) == set(ASKABLE)


def test_the_next_two_weeks_are_told_by_date(business: Business) -> None:
    """Across the year's end and from the business's own today, not from Greenwich's."""
    new_year = datetime(2026, 12, 31, 3, 0, tzinfo=UTC)  # still the thirtieth in New York
    text = render_instructions("{today}: {days}", business, new_year, NEUTRAL)
    assert text.startswith("Wednesday, 2026-12-30: Thursday 2026-12-31, Friday 2027-01-01, ")
    assert text.endswith(", Wednesday 2027-01-13")
