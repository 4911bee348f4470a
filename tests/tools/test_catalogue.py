"""The list of tools."""

import msgspec
import pytest

from tools.business import Business, Field, Mode
from tools.catalogue import LEAD_TOOLS, TOOLS, Tool, definition, tools_of

CHANGING = {
    "hold_slot",
    "create_event",
    "send_confirmation",
    "reschedule_event",
    "cancel_event",
    "send_code",
    "check_code",
    "save_details",
    "take_message",
}


def test_names_are_unique() -> None:
    """One name, one tool."""
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_what_changes_something_runs_one_at_a_time(tool: Tool) -> None:
    """Two writes of one call never cross; reads never wait."""
    assert tool.one_at_a_time is (tool.name in CHANGING)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_bounded(tool: Tool) -> None:
    """No caller waits longer than this for one tool."""
    assert 0 < tool.deadline_s <= 20


@pytest.mark.parametrize("name", ["send_confirmation", "transfer_to_human", "take_message"])
def test_no_tool_takes_a_number(name: str) -> None:
    """Where a text, a call or a call back goes is never the model's to say."""
    tool = next(tool for tool in TOOLS if tool.name == name)
    assert not {field for field in tool.arguments.__struct_fields__ if "number" in field or field == "to"}


def test_where_nothing_is_booked_no_tool_needs_a_calendar(business: Business) -> None:
    """What is left collects, answers, passes on and steers the conversation."""
    assert {tool.name for tool in TOOLS} > LEAD_TOOLS
    leads = msgspec.structs.replace(business, mode=Mode.LEADS)
    assert {tool.name for tool in tools_of(leads)} == LEAD_TOOLS
    assert {tool.name for tool in tools_of(business)} == {tool.name for tool in TOOLS}


def test_a_business_without_answers_has_no_tool_for_them(business: Business) -> None:
    """In either mode."""
    for mode in Mode:
        silent = msgspec.structs.replace(business, mode=mode, questions=())
        assert "answer_question" not in {tool.name for tool in tools_of(silent)}


def test_the_owners_own_details_are_arguments(business: Business) -> None:
    """The model sees them beside the built-in ones."""
    field = Field(key="zip_code", question="What is your zip code?")
    curious = msgspec.structs.replace(business, fields=(field,))
    (tool,) = [tool for tool in tools_of(curious) if tool.name == "save_details"]
    properties = definition(tool, curious)["parameters"]["properties"]
    assert properties["zip_code"]["description"] == field.question
    assert "callback_number" in properties
