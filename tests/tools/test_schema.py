"""What the model is told of the tools' arguments."""

import json
from typing import Any

import msgspec
import pytest

from tools.arguments import AnswerQuestion, CheckAvailability, NoArguments, TakeMessage, Weekday
from tools.business import Business
from tools.catalogue import TOOLS, definition
from tools.schema import function_object, parameters_schema


def test_a_tool_without_arguments() -> None:
    """No arguments are an empty, closed object."""
    assert parameters_schema(NoArguments) == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }


def test_fields_are_written_out_in_place() -> None:
    """Types, enums and descriptions stand at the field itself."""
    schema = parameters_schema(CheckAvailability)
    assert schema["required"] == ["service", "from_date", "to_date"]
    assert schema["properties"]["from_date"] == {
        "type": "string",
        "format": "date",
        "description": "YYYY-MM-DD on the business's calendar.",
    }
    assert schema["properties"]["part_of_day"]["type"] == "string"
    assert set(schema["properties"]["part_of_day"]["enum"]) == {"any", "morning", "afternoon", "evening"}
    weekdays, nothing = schema["properties"]["weekday"]["anyOf"]
    assert set(weekdays["enum"]) == set(Weekday)
    assert nothing == {"type": "null"}


def test_limits_are_told_and_patterns_are_not() -> None:
    """The model sees how long a message may be."""
    message = parameters_schema(TakeMessage)["properties"]["message"]
    assert message["maxLength"] == 600
    assert "pattern" not in json.dumps(parameters_schema(TakeMessage))


def test_choices_of_a_business_become_an_enum() -> None:
    """A field whose values only the business knows is closed by them."""
    found = function_object("ask", "Ask.", AnswerQuestion, {"topic": ["parking"]})
    assert found["parameters"]["properties"]["topic"]["enum"] == ["parking"]
    assert "enum" not in parameters_schema(AnswerQuestion)["properties"]["topic"]


def test_providers_are_named_only_where_there_are_several(business: Business) -> None:
    """A caller may ask for one of several by name; with one there is nothing to choose."""
    (check,) = [tool for tool in TOOLS if tool.name == "check_availability"]
    provider = definition(check, business)["parameters"]["properties"]["provider"]
    assert provider["anyOf"][0]["enum"] == ["Chair 1", "Chair 2"]
    alone = msgspec.structs.replace(business, calendars=business.calendars[:1])
    fields = definition(check, alone)["parameters"]["properties"]
    assert list(fields) == ["service", "from_date", "to_date", "part_of_day", "weekday", "moving"]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_a_flat_closed_function_object(tool: Any, business: Business) -> None:
    """The Realtime shape: name beside type, no nesting, no references, nothing more allowed."""
    found = definition(tool, business)
    assert set(found) == {"type", "name", "description", "parameters"}
    assert found["type"] == "function"
    text = json.dumps(found)
    assert "$ref" not in text
    assert "$defs" not in text
    assert found["parameters"]["additionalProperties"] is False
    assert len(found["description"]) < 300
