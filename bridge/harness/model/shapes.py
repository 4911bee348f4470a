"""Shapes of JSON values, checked as strictly as the Realtime service checks its client events.

Pure. A shape is a value that can `check` another one and raises `Fault` with the service's code
and a dotted path. The tables made of them are in model/rules.py; read that next.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec


class Fault(Exception):
    """The service answers this event with an `error`.

    `breach`: our server must never have sent it; false for the races that cannot be avoided.
    """

    def __init__(self, code: str, message: str, param: str | None = None, *, breach: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.breach = breach


class Shape(Protocol):
    """What a value must look like."""

    def check(self, value: Any, path: str) -> None:
        """Raises Fault when `value`, found at `path`, does not fit."""


def wrong_type(path: str, expected: str, value: Any) -> Fault:
    found = "null" if value is None else type(value).__name__
    return Fault("invalid_type", f"Invalid type for '{path}': expected {expected}, but got {found}.", path)


def wrong_value(path: str, value: Any, right: str) -> Fault:
    return Fault("invalid_value", f"Invalid value for '{path}': {value!r}. {right}", path)


class Text(msgspec.Struct, frozen=True):
    """A string."""

    longest: int | None = None

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if self.longest is not None and len(value) > self.longest:
            message = f"Invalid '{path}': string too long. Expected at most {self.longest} characters."
            raise Fault("string_above_max_length", message, path)


class Choice(msgspec.Struct, frozen=True):
    """One of a few strings."""

    options: tuple[str, ...]

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, str):
            raise wrong_type(path, "a string", value)
        if value not in self.options:
            raise wrong_value(path, value, f"Supported values are: {', '.join(map(repr, self.options))}.")


class Number(msgspec.Struct, frozen=True):
    """A number within limits."""

    least: float
    most: float
    whole: bool = False

    def check(self, value: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            raise wrong_type(path, "an integer" if self.whole else "a number", value)
        if not self.least <= value <= self.most:
            raise wrong_value(path, value, f"Expected a value from {self.least:g} to {self.most:g}.")


class Flag(msgspec.Struct, frozen=True):
    """true or false."""

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, bool):
            raise wrong_type(path, "a boolean", value)


class Anything(msgspec.Struct, frozen=True):
    """A JSON object with keys of the client's own, such as a JSON schema."""

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)


class Nullable(msgspec.Struct, frozen=True):
    """A value or null."""

    shape: Shape

    def check(self, value: Any, path: str) -> None:
        if value is not None:
            self.shape.check(value, path)


class Either(msgspec.Struct, frozen=True):
    """A string in one shape or another value in another, as `voice` and `tool_choice` are."""

    text: Shape
    other: Shape

    def check(self, value: Any, path: str) -> None:
        (self.text if isinstance(value, str) else self.other).check(value, path)


class ListOf(msgspec.Struct, frozen=True):
    """An array."""

    shape: Shape
    length: int | None = None

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(path, "an array", value)
        if self.length is not None and len(value) != self.length:
            raise wrong_value(path, value, f"Expected {self.length} element(s).")
        for number, element in enumerate(value):
            self.shape.check(element, f"{path}[{number}]")


class Object(msgspec.Struct, frozen=True):
    """An object with these keys and no others."""

    keys: Mapping[str, Shape]
    required: Sequence[str] = ()

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        dot = f"{path}." if path else ""
        for key in value:
            if key not in self.keys:
                raise Fault("unknown_parameter", f"Unknown parameter: '{dot}{key}'.", dot + key)
        for key in self.required:
            if key not in value:
                message = f"Missing required parameter: '{dot}{key}'."
                raise Fault("missing_required_parameter", message, dot + key)
        for key, element in value.items():
            self.keys[key].check(element, dot + key)


class Tagged(msgspec.Struct, frozen=True):
    """An object whose keys depend on the value of one of them."""

    tag: str
    shapes: Mapping[str, Shape]

    def check(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(path, "an object", value)
        at = f"{path}.{self.tag}" if path else self.tag
        if self.tag not in value:
            raise Fault("missing_required_parameter", f"Missing required parameter: '{at}'.", at)
        Choice(tuple(self.shapes)).check(value[self.tag], at)
        self.shapes[value[self.tag]].check(value, path)
