"""The live transcript: a line of the agent's appears when it begins to be heard."""

import io

from rich.console import Console

from bridge.harness.ledger import Entry
from bridge.harness.recording_file import load_recording
from bridge.harness.screen import Screen
from tests.bridge.harness.test_recording import RECORDINGS

I_HAVE = bytes(range(1, 201)) * 20  # half a second
FIRST, SECOND = I_HAVE + b"\x01" * 8000, I_HAVE + b"\x02" * 8000
QUIET = b"\xff" * 16_000


def test_a_sentence_that_begins_like_the_last_one_has_its_own_time() -> None:
    """It is looked for behind what was heard already, and not found where the other began."""
    out = io.StringIO()
    screen = Screen(Console(file=out, width=200), load_recording(RECORDINGS / "book-a-cleaning"))
    heard = bytearray()
    screen.listen_to(lambda: {"1": FIRST, "2": SECOND}, lambda: heard)
    screen.see("telephone", Entry(100.0, "stream_opened", {}))
    screen.see("model", Entry(100.0, "said", {"item_id": "1", "text": "I have two."}))
    heard += QUIET + FIRST + QUIET
    screen.see("telephone", Entry(104.0, "mark", {}))
    screen.see("model", Entry(104.0, "said", {"item_id": "2", "text": "I have three."}))
    assert "I have three." not in out.getvalue()
    heard += SECOND
    screen.see("telephone", Entry(106.0, "mark", {}))
    assert out.getvalue().splitlines() == [
        "  0:02.0  agent     I have two.",
        "  0:05.5  agent     I have three.",
    ]
