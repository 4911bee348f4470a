"""Oracle: Google's own discovery document, walked strictly.

`calendar.v3.json` ships inside google-api-python-client. A request or an answer fits when
every field at every depth is in the document with its type, format, range and listed
values; when no read-only field is sent; and when what a method needs is there.
The document does not describe error answers, so those are only checked for their shape.
"""

import functools
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import googleapiclient
import msgspec

from bridge.harness.google.standin import Exchange

Schema = dict[str, Any]
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LISTED = re.compile(r'^- "(\w+)" -', re.MULTILINE)
_INT32 = range(-(2**31), 2**31)


class Method(msgspec.Struct, frozen=True):
    """One method of the API, as the document gives it."""

    id: str
    http_method: str
    pattern: re.Pattern[str]
    parameters: dict[str, Schema]
    request: Schema | None
    response: Schema | None


@functools.cache
def document() -> dict[str, Any]:
    """The discovery document."""
    folder = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"
    loaded: dict[str, Any] = json.loads((folder / "calendar.v3.json").read_text(encoding="utf-8"))
    return loaded


@functools.cache
def methods() -> list[Method]:
    """Every method of every resource."""
    found = []
    for resource in document()["resources"].values():
        for method in resource.get("methods", {}).values():
            path = "/" + document()["servicePath"] + method["path"]
            found.append(
                Method(
                    id=method["id"],
                    http_method=method["httpMethod"],
                    pattern=re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))),
                    parameters={**document()["parameters"], **method.get("parameters", {})},
                    request=method.get("request"),
                    response=method.get("response"),
                )
            )
    return found


def method_of(exchange: Exchange) -> Method | None:
    """The method that the request calls; None when there is no such method."""
    for method in methods():
        if method.http_method == exchange.method and method.pattern.fullmatch(exchange.path):
            return method
    return None


def misfits(exchange: Exchange) -> list[str]:
    """Everything in a request and its answer that the document does not allow; empty when it fits."""
    method = method_of(exchange)
    if method is None:
        return [f"no method {exchange.method} {exchange.path}"]
    found = [*_query_misfits(method, exchange.query)]
    found += _request_misfits(method, exchange.body)
    found += _answer_misfits(method, exchange.status, exchange.answer)
    return found


def schema_misfits(name: str, value: Any) -> list[str]:
    """What in `value` does not fit the schema called `name`."""
    return list(_walk({"$ref": name}, value, name))


def _query_misfits(method: Method, query: list[tuple[str, str]]) -> Iterator[str]:
    names = [name for name, _ in query]
    for name, text in query:
        parameter = method.parameters.get(name)
        if parameter is None or parameter["location"] != "query":
            yield f"{method.id}: no query parameter {name}"
            continue
        if names.count(name) > 1 and not parameter.get("repeated"):
            yield f"{method.id}: {name} is repeated"
        yield from _walk({**parameter, "repeated": False}, _from_text(parameter, text), name)


def _request_misfits(method: Method, body: Any) -> Iterator[str]:
    if method.request is None:
        if body is not None:
            yield f"{method.id}: takes no body"
        return
    yield from _walk(method.request, body, "request", sent_to=method.id)


def _answer_misfits(method: Method, status: int, answer: Any) -> Iterator[str]:
    if status >= 400:
        yield from _error_misfits(status, answer)
    elif method.response is None:
        if status != 204 or answer is not None:
            yield f"{method.id}: answers 204 with nothing"
    elif status != 200:
        yield f"{method.id}: answers 200, not {status}"
    else:
        yield from _walk(method.response, answer, "answer")


def _error_misfits(status: int, answer: Any) -> Iterator[str]:
    match answer:
        case {
            "error": {
                "errors": [{"domain": str(), "reason": str(), "message": str()}],
                "code": code,
                "message": str(),
            }
        } if code == status:
            return
    yield f"not the shape of an error: {answer!r}"


def _walk(schema: Schema, value: Any, path: str, *, sent_to: str | None = None) -> Iterator[str]:
    """`sent_to`: id of the method, for a body on its way to Google."""
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    match schema.get("type"):
        case "object":
            if not isinstance(value, dict):
                yield f"{path}: not an object"
                return
            yield from _walk_object(schema, value, path, sent_to)
        case "array":
            if not isinstance(value, list):
                yield f"{path}: not an array"
                return
            for index, inner in enumerate(value):
                yield from _walk(schema["items"], inner, f"{path}[{index}]", sent_to=sent_to)
        case "boolean":
            if not isinstance(value, bool):
                yield f"{path}: not a boolean"
        case "integer":
            yield from _walk_integer(schema, value, path)
        case "string":
            yield from _walk_string(schema, value, path)
        case other:
            yield f"{path}: the walker does not know type {other!r}"


def _walk_object(schema: Schema, value: dict[str, Any], path: str, sent_to: str | None) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name, inner in value.items():
        known = properties.get(name, schema.get("additionalProperties"))
        if known is None:
            yield f"{path}: unknown field {name}"
            continue
        # An update sends back what a read gave; an insert has no reason to.
        if sent_to == "calendar.events.insert" and "Read-only." in known.get("description", ""):
            yield f"{path}: {name} is read-only"
        yield from _walk(known, inner, f"{path}.{name}", sent_to=sent_to)
    for name, known in properties.items():
        if sent_to in known.get("annotations", {}).get("required", []) and name not in value:
            yield f"{path}: {name} is required"


def _walk_integer(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield f"{path}: not an integer"
        return
    low, high = int(schema.get("minimum", _INT32.start)), int(schema.get("maximum", _INT32.stop - 1))
    if schema.get("format") != "int32":
        yield f"{path}: the walker does not know format {schema.get('format')!r}"
    elif not low <= value <= high:
        yield f"{path}: {value} is out of range"


def _walk_string(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: not a string"
        return
    description = schema.get("description", "")
    listed = schema.get("enum") or ("Possible values are" in description and _LISTED.findall(description))
    if listed and value not in listed:
        yield f"{path}: {value!r} is not one of {listed}"
    match schema.get("format"):
        case "date-time":
            if not _RFC3339.fullmatch(value) or not _is_real(datetime, value):
                yield f"{path}: {value!r} is not an RFC 3339 time with offset"
        case "date":
            if len(value) != 10 or not _is_real(date, value):
                yield f"{path}: {value!r} is not a date"
        case None:
            return
        case other:
            yield f"{path}: the walker does not know format {other!r}"


def _is_real(kind: type[date], text: str) -> bool:
    try:
        kind.fromisoformat(text)
    except ValueError:
        return False
    return True


def _from_text(parameter: Schema, text: str) -> Any:
    """A query parameter's value; text that is not of the type stays text, and so misfits."""
    if parameter["type"] == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if parameter["type"] == "integer" and text.removeprefix("-").isdigit():
        return int(text)
    return text
