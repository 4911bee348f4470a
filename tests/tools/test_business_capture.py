"""What the owner wants to know of callers."""

import pytest

from tools.business import Field
from tools.business_capture import asked_for, country, own_fields
from tools.business_tables import CaptureTable, FieldTable


def test_built_in_details_are_asked_for_in_the_owners_order() -> None:
    """Each once."""
    problems: list[str] = []
    assert asked_for(CaptureTable(ask=["reason", "name", "reason"]), problems) == ("reason", "name")
    assert problems == []


@pytest.mark.parametrize("key", ["phone", "qualified", "handoff_reason", "spelled", ""])
def test_a_detail_that_does_not_exist_is_named(key: str) -> None:
    """The mistake, and everything that can be asked for; the agent's own judgement cannot."""
    problems: list[str] = []
    asked_for(CaptureTable(ask=[key]), problems)
    (problem,) = problems
    assert problem.startswith(f'capture.ask: unknown "{key}"; expected name, callback_number, email')
    assert "qualified" not in problem.partition("expected")[2]


def test_own_fields_arrive_as_they_are_written() -> None:
    """Key, question, choices, and whether it is always asked."""
    problems: list[str] = []
    tables = [FieldTable(key="insurance", question="Insured?", choices=["yes", "no"], required=True)]
    assert own_fields(tables, problems) == (
        Field(key="insurance", question="Insured?", choices=("yes", "no"), required=True),
    )
    assert problems == []


@pytest.mark.parametrize("key", ["name", "email", "spelled", "class"])
def test_a_field_cannot_take_a_name_that_is_taken(key: str) -> None:
    """It would hide what is built in."""
    problems: list[str] = []
    own_fields([FieldTable(key=key, question="?")], problems)
    assert problems == [f'field: key "{key}" is taken; expected a name of its own']


@pytest.mark.parametrize(
    ("given", "number", "expected"),
    [
        (None, "+12025550180", "US"),
        (None, "+442079460018", "GB"),
        ("DE", "+442079460018", "DE"),
        (None, None, "US"),
        (None, "+80012345678", "US"),
    ],
)
def test_the_country_is_given_or_the_businesss_own(
    given: str | None, number: str | None, expected: str
) -> None:
    """What the owner says counts before where the business's telephone stands."""
    problems: list[str] = []
    assert country(given, number, problems) == expected
    assert problems == []


def test_an_unknown_country_is_named() -> None:
    """With what is expected."""
    problems: list[str] = []
    country("Germany", None, problems)
    assert problems == ['country: unknown "Germany"; expected an ISO 3166 code such as "US"']
