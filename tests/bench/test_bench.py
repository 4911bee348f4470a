"""The benchmark from end to end, small: everything comes through, and everything is told. Never how fast."""

import subprocess
import sys
from pathlib import Path

import msgspec

from tests.bench.figures import Row, Window
from tests.bench.parties import BARE, OURS, ROOT


class Report(msgspec.Struct):
    """What is kept with --json; strict, so that every field is there."""

    rows: list[Row]
    windows: list[Window]
    machine: dict[str, object]


def test_two_calls_for_two_seconds(tmp_path: Path) -> None:
    """On our server and on the bare relay no frame is lost; the file has every field, the table every row."""
    kept = tmp_path / "bench.json"
    options = ["--calls", "2", "--tls-calls", "0", "--trouble-calls", "0", "--rounds", "1", "--seconds", "2"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.bench", *options, "--json", str(kept)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    report = msgspec.json.decode(kept.read_bytes(), type=Report)
    assert [(one.party, one.calls) for one in report.windows] == [(OURS, 2), (BARE, 2)]
    for one in report.windows:
        assert one.frames > 0
        assert (one.lost, one.ended, one.mistakes) == (0, 0, 0)
        assert one.to_model is not None
        assert one.to_model.count == one.frames
        assert one.lateness is not None
    assert "2 calls  ours" in done.stdout
    assert "2 calls  bare" in done.stdout
