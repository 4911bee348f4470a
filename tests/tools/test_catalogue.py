"""The list of tools."""

import pytest

from tools.catalogue import TOOLS, Tool

CHANGING = {"hold_slot", "create_event", "send_confirmation", "take_message"}


def test_names_are_unique() -> None:
    """One name, one tool."""
    assert len({tool.name for tool in TOOLS}) == len(TOOLS) == 10


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
