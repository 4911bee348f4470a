"""The curves of a benchmark as a picture: `python -m tests.bench.curves FILE.json OUT.svg`.

Four panels over the number of calls: delay either way, clear, processor time. Ours is the full line, the bare
relay the broken one.
"""

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec

from tests.bench.figures import Row, Spread
from tests.bench.parties import BARE, OURS

WIDTH, HEIGHT = 360, 240  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 34
STYLES = {OURS: 'stroke="#0b6e4f"', BARE: 'stroke="#8a8a8a" stroke-dasharray="5 4"'}
LABEL = 24  # between two numbers of calls
NICE = (1.0, 2.0, 5.0, 10.0)


class Saved(msgspec.Struct):
    """What of the file is drawn."""

    rows: list[Row]
    machine: dict[str, object]


class Panel(msgspec.Struct, frozen=True):
    """One picture of the four."""

    title: str
    value: Callable[[Row], float | None]


def _p99(known: Spread | None) -> float | None:
    return None if known is None else known.p99


PANELS = (
    Panel("added delay to the model, p99, ms", lambda row: _p99(row.to_model)),
    Panel("added delay to the caller, p99, ms", lambda row: _p99(row.to_caller)),
    Panel("clear after speech_started, p99, ms", lambda row: _p99(row.clear)),
    Panel("CPU seconds per call-minute", lambda row: row.cpu_per_call_minute),
)


def draw(rows: Sequence[Row], below: str) -> str:
    """The whole picture; `below`: a line under it."""
    plain = [row for row in rows if not row.tls and not row.trouble]
    parts = [
        _panel(panel, plain, number % 2 * WIDTH, number // 2 * HEIGHT) for number, panel in enumerate(PANELS)
    ]
    width, height = 2 * WIDTH, 2 * HEIGHT + 44
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11" fill="#333">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "".join(parts)
        + _legend(2 * HEIGHT + 16)
        + _text(LEFT, 2 * HEIGHT + 36, below)
        + "</svg>\n"
    )


def _panel(panel: Panel, rows: Sequence[Row], x: int, y: int) -> str:
    points = {
        party: [
            (row.calls, value)
            for row in rows
            if row.party == party and (value := panel.value(row)) is not None
        ]
        for party in STYLES
    }
    known = [point for line in points.values() for point in line]
    most_calls = max((calls for calls, _ in known), default=1)
    top = ceiling(max((value for _, value in known), default=1.0))
    inner_width, inner_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(calls: float, value: float) -> tuple[float, float]:
        return LEFT + inner_width * calls / most_calls, TOP + inner_height * (1 - value / top)

    parts = [f'<g transform="translate({x} {y})">\n', _text(LEFT, TOP - 14, panel.title)]
    for step in range(5):
        value = top * step / 4
        _, at = place(0, value)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>\n')
        parts.append(_text(LEFT - 6, at + 4, f"{value:g}", end=True))
    last = -math.inf
    for calls in sorted({calls for calls, _ in known}):
        at, _ = place(calls, 0)
        if at - last >= LABEL:  # else one would stand over the other
            parts.append(_text(at + 4, HEIGHT - BOTTOM + 16, f"{calls}", end=True))
            last = at
    for party, line in points.items():
        if line:
            path = "L".join("{:.1f} {:.1f}".format(*place(*point)) for point in sorted(line))
            parts.append(f'<path d="M{path}" fill="none" stroke-width="2" {STYLES[party]}/>\n')
    return "".join([*parts, "</g>\n"])


def ceiling(value: float) -> float:
    """A round number that is no less: where an axis ends."""
    size = 1e-6
    while True:
        for nice in NICE:
            if value <= size * nice:
                return float(f"{size * nice:.12g}")
        size *= 10


def _legend(y: int) -> str:
    parts = []
    for number, (party, style) in enumerate(STYLES.items()):
        x = LEFT + number * 150
        parts.append(f'<path d="M{x} {y}h28" stroke-width="2" {style}/>\n')
        parts.append(_text(x + 34, y + 4, {OURS: "this server", BARE: "a bare relay"}[party]))
    return "".join(parts)


def _text(x: float, y: float, words: str, *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}>{escape(words)}</text>\n'


def main(arguments: list[str]) -> int:
    """Draw one file."""
    if len(arguments) != 2:
        print("python -m tests.bench.curves FILE.json OUT.svg", file=sys.stderr)  # noqa: T201
        return 2
    saved = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Saved)
    it = saved.machine
    below = f"Measured on {it['processor']}, {it['cores']} cores, Python {it['python']}; calls at once below."
    Path(arguments[1]).write_text(draw(saved.rows, below), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
