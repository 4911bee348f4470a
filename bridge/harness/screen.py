"""The call on the terminal: live while it runs, then what came of it.

Watches the ledgers; decides nothing. Colours in a terminal, plain lines elsewhere. A line of
the agent's appears when the caller begins to hear it; where it is cut, what was heard follows.
"""

import json
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.text import Text

from bridge.harness.checker import Verdict
from bridge.harness.evidence import BYTES_PER_S, Evidence, heard_of
from bridge.harness.ledger import Entry
from bridge.harness.outcomes import outcomes
from bridge.harness.recording import Recording

NEARLY = 480  # bytes at the end of an item that may still be on their way to the ear
LONG = 72  # characters of a tool's answer that are shown


class Screen:
    """Shows one run."""

    def __init__(self, console: Console, recording: Recording) -> None:
        self._console = console
        self._recording = recording
        self._began: float | None = None  # the first stream
        self._stream: Entry | None = None  # the opening of the latest
        self._waiting: list[Entry] = []  # items said and not yet heard
        self._playing: Entry | None = None  # the latest item that began to be heard
        self._playing_at = 0  # byte of what was heard, where that one began
        self._asked: dict[str, Entry] = {}
        self._spoken: Callable[[], dict[str, bytes]] = dict
        self._heard: Callable[[], bytearray] = bytearray

    def listen_to(self, spoken: Callable[[], dict[str, bytes]], heard: Callable[[], bytearray]) -> None:
        """Where the sound is that tells what was heard."""
        self._spoken = spoken
        self._heard = heard

    def title(self) -> None:
        self._console.print()
        self._console.print(Text(self._recording.folder.name, style="bold"), end=": ")
        self._console.print(self._recording.title)
        self._print(Text("  "), self._recording.about)
        self._console.print()

    def see(self, party: str, entry: Entry) -> None:
        """Take in one entry of one ledger."""
        data = entry.data
        match (party, entry.kind):
            case ("telephone", "stream_opened"):
                self._began = entry.at if self._began is None else self._began
                self._stream = entry
            case ("telephone", "line_began"):
                self._line(entry.at, "caller", data["text"], "green")
            case ("telephone", "pressed"):
                self._line(entry.at, "caller", f"presses {data['digit']}", "green")
            case ("telephone", "mark" | "agent_began" | "agent_ended"):
                self._show_heard()
            case ("telephone", "cleared" | "stream_ended"):
                self._show_heard()
                self._show_cut(entry.at)
            case ("telephone", "rung"):
                self._line(entry.at, "line", f"rings {data['number']}", "yellow")
            case ("telephone", "dialled") if "leg" not in data:
                self._line(entry.at, "line", f"rings {data['number']}", "yellow")
            case ("telephone", "dialled") if data["status"] != "completed":
                self._line(entry.at, "line", f"nobody comes to the telephone ({data['ended_as']})", "yellow")
            case ("telephone", "conference") if data["event"] == "start":
                self._line(entry.at, "line", "the two are put together", "yellow")
            case ("telephone", "verb") if data["name"] == "Say":
                self._line(entry.at, "line", data["text"], "yellow")
            case ("telephone", "hung_up"):
                who = "the caller hangs up" if data["by"] == "caller" else "the line is closed"
                self._line(entry.at, "line", who, "yellow")
            case ("model", "said"):
                self._waiting.append(entry)
                self._show_heard()
            case ("model", "heard") if data["clip"] is None:
                self._line(entry.at, "model", "did not understand", "red")
            case ("model", "tool_asked"):
                self._asked[data["call_id"]] = entry
            case ("model", "tool_answered"):
                self._tool(entry)
            case ("calendar", "human_inserted"):
                self._line(entry.at, "calendar", f"somebody else writes in: {data['summary']}", "yellow")
            case (_, "breach"):
                self._line(entry.at, party, f"breaks the protocol: {data['what']} {data['detail']}", "red")

    def result(self, evidence: Evidence, verdicts: list[Verdict], took_s: float) -> None:
        """What came of the call."""
        self._console.print()
        for label, text in outcomes(evidence):
            self._print(_label(label), text)
        wrong = [verdict for verdict in verdicts if verdict.wrong]
        held = f"{len(verdicts) - len(wrong)} of {len(verdicts)} hold"
        self._print(_label("checks"), f"{held} ({took_s:.1f} s)", "red" if wrong else "green")
        for verdict in wrong:
            for what in verdict.wrong:
                self._print(_label("FAILED", "bold red"), f"{verdict.rule}: {what}", "red")

    # --- lines --------------------------------------------------------------------

    def _line(self, at: float, who: str, text: str, style: str = "") -> None:
        since = 0.0 if self._began is None else max(0.0, at - self._began)
        stamp = f"{int(since // 60)}:{since % 60:04.1f}"
        self._print(Text.assemble((f"  {stamp}  ", "dim"), (f"{who:<10}", style)), text)

    def _print(self, head: Text, body: str, style: str = "") -> None:
        """`body` beside `head`; in a terminal its further lines stand below its first word."""
        text = Text(body, style=style)
        if not self._console.is_terminal:  # one line each: for logs, pipes and tests
            self._console.print(head + text, soft_wrap=True)
            return
        rows = text.wrap(self._console, max(20, self._console.width - head.cell_len))
        for number, row in enumerate(rows):
            self._console.print((head if number == 0 else Text(" " * head.cell_len)) + row, soft_wrap=True)

    def _show_heard(self) -> None:
        """Show each item that has begun to be heard, at the moment it did."""
        while self._waiting:
            entry = self._waiting[0]
            found = heard_of(self._sound_of(entry), self._heard(), self._heard_to())
            if not found.length:
                return
            self._waiting.pop(0)
            self._playing, self._playing_at = entry, found.at
            self._line(self._at(found.at), "agent", entry.data["text"], "cyan")

    def _at(self, heard_bytes: int) -> float:
        """When the caller heard this place of the latest stream, in the loop's time."""
        if self._stream is None:
            return 0.0
        return self._stream.at + (heard_bytes - int(self._stream.data.get("heard_bytes", 0))) / BYTES_PER_S

    def _heard_to(self) -> int:
        """Where the latest item's sound ends so far: the next one's cannot begin before."""
        if self._playing is None:
            return self._playing_at
        heard = heard_of(self._sound_of(self._playing), self._heard(), self._playing_at)
        return heard.at + heard.length

    def _show_cut(self, at: float) -> None:
        """Playback was cleared: what was playing is cut, what waited is never heard."""
        self._waiting.clear()
        entry, self._playing = self._playing, None
        if entry is None:
            return
        spoken, text = self._sound_of(entry), entry.data["text"]
        heard = heard_of(spoken, self._heard(), self._playing_at).length
        if heard < len(spoken) - NEARLY:
            kept = text[: round(len(text) * heard / len(spoken))].rstrip(" ,.")
            self._line(at, "agent", f"is cut after {heard / BYTES_PER_S:.1f} s: “{kept}—”", "red")

    def _sound_of(self, said: Entry) -> bytes:
        return bytes(self._spoken().get(said.data["item_id"], b""))

    def _tool(self, entry: Entry) -> None:
        asked = self._asked.pop(entry.data["call_id"], None)
        output = entry.data["output"]
        answer: dict[str, Any] = json.loads(output) if isinstance(output, str) else output
        given = asked.data["arguments"] if asked else {}
        given = json.loads(given) if isinstance(given, str) else given
        arguments = ", ".join(f"{name}={_short(str(value), 24)}" for name, value in given.items())
        took = f"{(entry.at - asked.at) * 1000:.0f} ms" if asked else "?"
        verdict = "ok" if answer.get("ok") else "refused"
        shown = _short(str(answer.get("say", "")), LONG)
        text = f"{entry.data['name']}({arguments}) → {verdict}, {took}" + (f": {shown}" if shown else "")
        self._line(entry.at, "tool", text, "magenta")


def _label(text: str, style: str = "bold") -> Text:
    return Text(f"  {text:<10}", style=style)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
