"""Logs: JSON lines, numbers masked wherever they stand, other people's loggers quiet."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bridge.log import mask_numbers, masked, set_up_logs
from tests.server import logs_kept

NUMBER = "+12025550143"
CALL_SID = "CA" + "0123456789abcdef" * 2


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with logs_kept() as kept:
        yield kept


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (NUMBER, "…43"),
        ("12025550143", "…43"),
        ("2025550143", "…43"),
        ("5550143", "…43"),
        ("(202) 555-0143", "(…43"),
        ("202.555.0143", "…43"),
        ("202 555 0143", "…43"),
        ("+44 20 7946 0958", "…58"),
        (f"from {NUMBER} to +12025550100.", "from …43 to …00."),
        (f"tel:{NUMBER}", "tel:…43"),
        (f"{NUMBER},{NUMBER}", "…43,…43"),
        ("no number", "no number"),
        ("123456", "123456"),
        ("", ""),
        (CALL_SID, CALL_SID),
        ("item_0123456789", "item_0123456789"),
        ("2026-11-23T09:05:00", "2026-11-23T09:05:00"),
        ("2026-11-23", "2026-11-23"),
    ],
)
def test_masking(text: str, shown: str) -> None:
    """What looks like a telephone number keeps its last two digits; ids, dates and short numbers stay."""
    assert masked(text) == shown


def test_masking_at_any_depth() -> None:
    """Numbers are found inside dicts, lists and tuples; what is no text stays what it is."""
    value = {"calls": [{"from": NUMBER}, (NUMBER, 5, None, 1.5, True)]}
    assert masked(value) == {"calls": [{"from": "…43"}, ["…43", 5, None, 1.5, True]]}


def test_plain_numbers_stay() -> None:
    """A port, a process id and a time stamp are not telephone numbers."""
    event = {"port": "5000000", "pid": "1234567", "timestamp": "20261123090500", "from": NUMBER}
    assert mask_numbers(None, "info", dict(event)) == {**event, "from": "…43"}


def test_lines_are_json(stream: io.StringIO) -> None:
    """One object per line, with event, level, time stamp, fields and bound context."""
    with structlog.contextvars.bound_contextvars(call_sid=CALL_SID):
        structlog.get_logger("x").info("call_ended", outcome="booked", turns=3)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    expected = {"event": "call_ended", "level": "info", "outcome": "booked", "turns": 3, "call_sid": CALL_SID}
    assert line == expected


def test_other_peoples_lines_look_the_same(stream: io.StringIO) -> None:
    """A line of a library becomes JSON too, with numbers masked in its text."""
    logging.getLogger("somebody").warning("calling %s", NUMBER)
    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("calling …43", "warning")


def test_errors_are_shown_whole_and_masked(stream: io.StringIO) -> None:
    """A mistake of ours comes with its traceback on the same line, and with no number in it."""
    try:
        raise ValueError(f"nobody at {NUMBER}")
    except ValueError:
        structlog.get_logger("x").error("call_broke", exc_info=True)
        logging.getLogger("somebody").exception("broke")
    ours, theirs = lines(stream)
    for line in (ours, theirs):
        assert "Traceback" in line["exception"]
        assert "ValueError: nobody at …43" in line["exception"]
    assert NUMBER not in stream.getvalue()


def test_libraries_that_name_too_much_are_quiet(stream: io.StringIO) -> None:
    """Their info lines carry addresses, bodies or headers."""
    for name in (
        "websockets.client",
        "aiohttp.access",
        "googleapiclient.http",
        "twilio.http_client",
        "alembic",
    ):
        logging.getLogger(name).info("to %s", NUMBER)
    assert stream.getvalue() == ""


def test_levels() -> None:
    """Below the level nothing is written, by us or by libraries."""
    stream = io.StringIO()
    with logs_kept():
        set_up_logs("json", "warning", stream)
        structlog.get_logger("x").info("quiet")
        logging.getLogger("somebody").info("quiet")
        structlog.get_logger("x").warning("loud")
        assert [line["event"] for line in lines(stream)] == ["loud"]


def test_console_is_for_people() -> None:
    """In a terminal, or when asked for, lines are readable; numbers are masked there as well."""
    stream = io.StringIO()
    with logs_kept():
        set_up_logs("console", "info", stream)
        structlog.get_logger("x").info("call_ended", caller=NUMBER)
        try:
            raise ValueError(f"nobody at {NUMBER}")
        except ValueError:
            structlog.get_logger("x").error("call_broke", exc_info=True)
    shown = stream.getvalue()
    assert "call_ended" in shown
    assert "…43" in shown
    assert "Traceback" in shown
    assert NUMBER not in shown
    assert not shown.startswith("{")


def test_auto_is_json_where_nobody_looks() -> None:
    """A stream that is no terminal gets JSON."""
    stream = io.StringIO()
    with logs_kept():
        set_up_logs("auto", "info", stream)
        structlog.get_logger("x").info("serving", port=5000)
        assert lines(stream)[0]["port"] == 5000
