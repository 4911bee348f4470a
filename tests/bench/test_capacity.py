"""The command, from a kept file: card and plan, as text and as Markdown. Nothing is measured here."""

from pathlib import Path

import msgspec
import pytest

from tests.bench.capacity import main
from tests.bench.test_card import capacity, series


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    file = tmp_path / "bench-capacity.json"
    measured = capacity(series("ours", 100, 160), series("bare", 200, 200))
    file.write_bytes(msgspec.json.encode(measured))
    return file


def test_card_and_plan_from_a_file(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All sizes; and an assumption that is given is used."""
    assert main(["--plan", str(kept), "--share", "0.25"]) == 0
    printed = capsys.readouterr().out
    for title in ("A dyno of 512 MB, one process", "10 calls at once", "1,000 calls", "100,000 calls"):
        assert title in printed
    assert "25% of 160 under 20 ms = 40" in printed


def test_markdown_is_for_the_readme(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tables, and not every step."""
    assert main(["--plan", str(kept), "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert "| what | sum | is |\n| --- | --- | --- |\n| calls per dyno |" in printed
    assert "Every step" not in printed
