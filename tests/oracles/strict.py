"""Values against the `openai` package's types, with no field unknown to them at any depth.

Those types let unknown fields pass, beta names and `rate` on pcmu among them; so after parsing,
every model in the result is searched for such fields.
"""

from collections.abc import Iterator
from typing import Any, Final

import pydantic
from openai.types.realtime import (
    RealtimeClientEvent,
    RealtimeServerEvent,
)

_CLIENT: Final = pydantic.TypeAdapter[Any](RealtimeClientEvent)
_SERVER: Final = pydantic.TypeAdapter[Any](RealtimeServerEvent)


def unknown_in_client_event(text: str) -> list[str]:
    """Fields of a client event that the package does not know. Raises pydantic.ValidationError."""
    return sorted(_unknown(_CLIENT.validate_json(text, strict=True), ""))


def unknown_in_server_event(text: str) -> list[str]:
    """Fields of a server event that the package does not know. Raises pydantic.ValidationError."""
    return sorted(_unknown(_SERVER.validate_json(text, strict=True), ""))


def _unknown(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, pydantic.BaseModel):
        for name in value.model_extra or {}:
            yield f"{at}.{name}".lstrip(".")
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{at}.{name}".lstrip("."))
    elif isinstance(value, list):
        for element in value:
            yield from _unknown(element, f"{at}[]")
