"""The instructions of a call: facts filled in, mistakes named, the changing part last."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.business import Business
from tools.catalogue import TOOLS
from tools.instructions import InstructionsError, placeholders, render_instructions

TEMPLATE = (Path(__file__).parents[2] / "prompts" / "receptionist.md").read_text(encoding="utf-8")
NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


def test_the_committed_prompt_renders(business: Business) -> None:
    """Every placeholder is filled, with the date and time of the business's own clock."""
    text = render_instructions(TEMPLATE, business, NOW)
    assert not re.search(r"\{[a-z_]*\}", text)
    assert "Today is Monday, 2026-11-23. When this call began it was 09:05." in text
    assert f'"{business.wording.opening}"' in text
    assert "- Friday: 09:00 to 15:00" in text
    assert "- Sunday: closed" in text


def test_the_date_is_the_businesss(business: Business) -> None:
    """After midnight in London it is still yesterday in New York."""
    text = render_instructions(TEMPLATE, business, datetime(2026, 11, 24, 3, tzinfo=UTC))
    assert "Monday, 2026-11-23" in text


def test_what_changes_stands_last(business: Business) -> None:
    """Two calls at different hours share all but the last lines, so that the prefix is reused."""
    one = render_instructions(TEMPLATE, business, NOW)
    two = render_instructions(TEMPLATE, business, datetime(2026, 11, 24, 20, tzinfo=UTC))
    same = next(at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)
    assert one[same:].count("\n") <= 2


def test_closures_and_holidays_that_may_matter_are_told(business: Business) -> None:
    """Those to come, in order, holidays only as far ahead as can be booked, none of them twice."""
    assert placeholders(business, NOW)["closures"].splitlines() == [
        "- 2026-11-26: Thanksgiving Day",
        "- 2026-11-27: Day after Thanksgiving",
        "- 2026-12-24 to 2026-12-26: Christmas",
        "- 2027-01-01: New Year's Day",
        "- 2027-01-18: Martin Luther King Jr. Day",
    ]
    later = placeholders(business, datetime(2026, 12, 28, 14, tzinfo=UTC))
    assert "Christmas" not in later["closures"]
    assert placeholders(business, datetime(2027, 7, 6, 14, tzinfo=UTC))["closures"] == "- none"


def test_an_unknown_placeholder_is_named(business: Business) -> None:
    """The mistake and everything allowed are in the message."""
    with pytest.raises(InstructionsError, match=r"\{adress\}; expected \{address\}, \{agent\}"):
        render_instructions("{today} {adress}", business, NOW)


def test_a_prompt_without_a_date_is_refused(business: Business) -> None:
    """Without today's date the model would work out wrong ones."""
    with pytest.raises(InstructionsError, match="today"):
        render_instructions("Hello", business, NOW)


def test_values_are_not_read_as_placeholders(business: Business) -> None:
    """A brace in the owner's facts stays what it is."""
    assert render_instructions("{agent} {today}", business, NOW).startswith("Robin Monday")
    text = render_instructions("{ } {{x}} {1} {today}".replace("{{x}}", ""), business, NOW)
    assert text.startswith("{ }")


def test_prompt_and_catalogue_name_the_same_tools() -> None:
    """The prompt names every tool, and none that does not exist."""
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", re.sub(r"\{[a-z_]+\}", "", TEMPLATE))) - {"hold_id"}
    assert named == {tool.name for tool in TOOLS}
