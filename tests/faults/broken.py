"""Servers broken on purpose, to see that cells turn red. Read next: programme.py."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from bridge.call import silence
from bridge.twilio import twiml

_ACTION = re.compile(r"(<Connect)[^>]*>")


@contextlib.contextmanager
def no_action() -> Iterator[None]:
    """`<Connect>` names no `action`: once a stream is over, nobody asks what comes next."""
    real = twiml.stream

    def stream(*arguments: Any, **more: Any) -> str:
        return _ACTION.sub(r"\1>", real(*arguments, **more))

    with patch.object(twiml, "stream", stream):
        yield


@contextlib.contextmanager
def no_filler() -> Iterator[None]:
    """Nothing is said while something takes long."""
    with patch.object(silence, "FILLER_S", 1000.0):
        yield


BROKEN = {"no-action": no_action, "no-filler": no_filler}
