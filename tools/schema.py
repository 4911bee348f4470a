"""JSON schemas of the tools' arguments, as flat Realtime function objects.

Pure. Source: OpenAI Realtime, session.tools: `name` stands beside `type`, there is no
nested `function` and no `strict`. References are written out in place, because the
model reads each tool alone. Patterns are left out: they cost tokens and say to a model
less than the description does; `dispatch.py` enforces them all the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tools.arguments import Arguments

_OMITTED = frozenset({"title", "pattern", "default"})


def function_object(
    name: str, description: str, arguments: type[Arguments], choices: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The tool as the model sees it.

    `choices`: values of this business for some string fields; without any to choose from, the
    model does not see the field.
    """
    parameters = parameters_schema(arguments)
    for field, values in choices.items():
        if not values:
            del parameters["properties"][field]
            continue
        schema = parameters["properties"][field]
        text = next((each for each in schema.get("anyOf", []) if each["type"] == "string"), schema)
        text["enum"] = list(values)
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def parameters_schema(arguments: type[Arguments]) -> dict[str, Any]:
    """The schema of one struct: an object, closed, without references."""
    (schema,), definitions = msgspec.json.schema_components([arguments], ref_template="{name}")
    inlined: dict[str, Any] = _inlined(schema, definitions)
    inlined.pop("description", None)  # the struct's own docstring is for us
    return inlined


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, list):
        return [_inlined(entry, definitions) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = {key: value for key, value in definitions[schema["$ref"]].items() if key != "description"}
        return _inlined({**target, **beside}, definitions)
    if "properties" in schema:  # below here keys are field names, which may be called like an omitted key
        fields = {field: _inlined(inner, definitions) for field, inner in schema["properties"].items()}
        rest = {key: value for key, value in schema.items() if key not in ("properties", *_OMITTED)}
        return {**rest, "properties": fields}
    typed = {"type": "string"} if "enum" in schema else {}  # every enum here is one of strings
    kept = {key: _inlined(value, definitions) for key, value in schema.items() if key not in _OMITTED}
    return {**typed, **kept}
