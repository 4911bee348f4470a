"""How a call came in, in milliseconds: webhook, answer, stream, model, first sound.

Pure. All are counted from the webhook, on the clock of the process that answered it: behind several
processes the figures are as good as their clocks agree. Read `record.py`, which keeps them.
"""

from datetime import datetime

import msgspec

MOST_MS = 60_000  # whatever is told beyond is no time that a webhook takes


class Arrival(msgspec.Struct, frozen=True):
    """What is known of a call's beginning when its stream is accepted."""

    answered_ms: int | None = None  # the webhook was answered
    stream_ms: int | None = None  # the stream's `start` came; None: then nothing can be counted
    at: float = 0.0  # when that was, in seconds of the call's clock


UNKNOWN = Arrival()


class TimeLine(msgspec.Struct, frozen=True):
    """Milliseconds from the webhook on; None: unknown, or it never happened."""

    answered_ms: int | None = None
    stream_ms: int | None = None
    configured_ms: int | None = None  # the call could use the model; a leg that waited was ready before
    first_audio_ms: int | None = None  # handed to the caller's socket


def arrival_of(answered: str, came_at: datetime | None, now: datetime, at: float) -> Arrival:
    """`answered`: what the stream brought back of `answered_ms`. `now` and `at` are the same moment."""
    known = answered.isascii() and answered.isdigit() and len(answered) <= len(str(MOST_MS))
    stream_ms = None if came_at is None else max(0, round((now - came_at).total_seconds() * 1000))
    return Arrival(int(answered) if known else None, stream_ms, at)


def time_line(arrival: Arrival, configured_at: float | None, first_audio_at: float | None) -> TimeLine:
    """The whole line. The two times are seconds of the call's clock; None: it has not happened."""

    def since_webhook(moment: float | None) -> int | None:
        if moment is None or arrival.stream_ms is None:
            return None
        return arrival.stream_ms + round((moment - arrival.at) * 1000)

    return TimeLine(
        answered_ms=arrival.answered_ms,
        stream_ms=arrival.stream_ms,
        configured_ms=since_webhook(configured_at),
        first_audio_ms=since_webhook(first_audio_at),
    )
