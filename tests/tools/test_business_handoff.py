"""How, when and whom the server may ring, as the owner writes it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools.business import Business, HandoffMode, HandoffRules
from tools.business_file import BusinessFileError, parse_business

SAMPLE = (Path(__file__).parents[2] / "prompts" / "business.toml").read_text(encoding="utf-8")
GIVEN = SAMPLE[SAMPLE.index("[handoff]") : SAMPLE.index("[hours]  ")]
PERSON = "+12025550180"
MONDAY_NINE = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # by the clock of the business


def with_table(text: str) -> Business:
    return parse_business(SAMPLE.replace(GIVEN, text + "\n"))


def problems(text: str) -> list[str]:
    with pytest.raises(BusinessFileError) as error:
        with_table(text)
    return error.value.problems


def test_defaults_are_what_the_sample_shows() -> None:
    """Warm, at any hour, and nobody but the person."""
    business = with_table("")
    assert business == parse_business(SAMPLE)
    assert business.handoff == HandoffRules(mode=HandoffMode.WARM, hours=None, numbers=())
    assert business.may_ring == {PERSON}
    assert business.person_at(MONDAY_NINE) == PERSON


def test_staffed_hours() -> None:
    """By the clock of the business; not on a day that is left out, and not when it is closed."""
    business = with_table('[handoff.hours]\nmonday = ["09:00-12:00"]\nthursday = ["09:00-12:00"]')
    at = {
        MONDAY_NINE: PERSON,
        MONDAY_NINE.replace(hour=13, minute=59): None,
        MONDAY_NINE.replace(hour=16, minute=59): PERSON,
        MONDAY_NINE.replace(hour=17): None,
        MONDAY_NINE.replace(day=24): None,
        MONDAY_NINE.replace(day=26): None,  # Thanksgiving
        MONDAY_NINE.replace(month=12, day=24): None,  # a closure
        MONDAY_NINE.replace(month=12, day=31): PERSON,
    }
    assert {moment: business.person_at(moment) for moment in at} == at


def test_only_numbers_on_the_list_are_rung() -> None:
    """Those the owner names, in E.164."""
    business = with_table(f'[handoff]\nmode = "cold"\nnumbers = ["{PERSON}", "+12025550181"]')
    assert business.may_ring == {PERSON, "+12025550181"}
    assert business.handoff.mode is HandoffMode.COLD


def test_nobody_to_ring() -> None:
    """Without a person no number is allowed and nobody is there."""
    nobody = parse_business(SAMPLE.replace("handoff_number =", "# handoff_number ="))
    assert nobody.may_ring == frozenset()
    assert nobody.person_at(MONDAY_NINE) is None


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('[handoff]\nmode = "hot"', "handoff"),
        ('[handoff]\nnumbers = ["555-0180"]', 'handoff.numbers: "555-0180" is not E.164'),
        ('[handoff]\nnumbers = ["+12025550181"]', "handoff.numbers: handoff_number is not among them"),
        ("[handoff]\nnumbers = []", "handoff.numbers: handoff_number is not among them"),
        ('[handoff.hours]\nmonday = ["9-12"]', 'handoff.hours.monday: "9-12" is not a stretch'),
        ("[handoff]\nnumber = 1", "handoff"),
    ],
)
def test_mistakes_are_named(table: str, problem: str) -> None:
    """Each with its place."""
    assert any(line.startswith(problem) for line in problems(table))
