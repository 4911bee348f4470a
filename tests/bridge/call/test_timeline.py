"""How a call came in, from the webhook on."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.call.timeline import UNKNOWN, Arrival, TimeLine, arrival_of, time_line

CAME = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
LATER = CAME + timedelta(milliseconds=250)


@pytest.mark.parametrize(
    ("answered", "came", "arrival"),
    [
        ("12", CAME, Arrival(12, 250, 7.0)),
        ("", CAME, Arrival(None, 250, 7.0)),
        ("12 ms", CAME, Arrival(None, 250, 7.0)),
        ("99999999", CAME, Arrival(None, 250, 7.0)),
        ("12", None, Arrival(12, None, 7.0)),
        ("12", LATER + timedelta(seconds=1), Arrival(12, 0, 7.0)),  # another process's clock is ahead
    ],
)
def test_arrivals(answered: str, came: datetime | None, arrival: Arrival) -> None:
    """What the stream brings back is believed only if it is a number; what is unknown stays so."""
    assert arrival_of(answered, came, LATER, 7.0) == arrival


def test_everything_counts_from_the_webhook() -> None:
    """The two clocks are joined at the stream's start."""
    assert time_line(Arrival(12, 250, 7.0), 7.0014, 7.3) == TimeLine(12, 250, 251, 550)


def test_what_is_not_known_is_not_told() -> None:
    """Without a webhook nothing can be counted, and what never happened has no time."""
    assert time_line(UNKNOWN, 7.0, 8.0) == TimeLine()
    assert time_line(Arrival(12, 250, 7.0), None, None) == TimeLine(12, 250)
