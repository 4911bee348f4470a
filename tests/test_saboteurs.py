"""The harness is itself tested: a server broken on purpose must turn the recordings red."""

import uuid

import msgspec
import pytest

from bridge.call import messages as m
from bridge.call.call import Call
from bridge.call.session import Session
from bridge.harness.checker import check
from bridge.realtime import codec as model_codec
from bridge.twilio import routes
from tests.test_recordings import replayed
from tools import cancelling, catalogue, spoken
from tools.arguments import CreateEvent
from tools.facts import CallFacts
from tools.google_events import OURS
from tools.kit import Kit
from tools.result import Gate, ToolResult

FRAME = '"input_audio_buffer.append"'


def red(name: str) -> set[str]:
    """The rules that a run of this recording breaks."""
    return {verdict.rule for verdict in check(replayed(name)) if verdict.wrong}


def test_no_clear_on_barge_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not clear playback talks on over the caller, and tells the model otherwise."""
    real = Call._carry_out

    def deaf(call: Call, action: m.Action) -> None:
        if not isinstance(action, m.ClearPlayback):
            real(call, action)

    monkeypatch.setattr(Call, "_carry_out", deaf)
    found = red("interrupts-the-offer")
    assert {"the model knows what was heard", "an interrupted agent falls silent"} <= found


def test_every_50th_frame_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """One frame in fifty is hardly audible; the bytes tell."""
    count = 0
    to_model = Call._to_model

    def lossy(call: Call, text: str) -> None:
        nonlocal count
        count += FRAME in text
        if count % 50 or FRAME not in text:
            to_model(call, text)

    assert FRAME in model_codec.encode(m.SendFrame("AAAA"))
    monkeypatch.setattr(Call, "_to_model", lossy)
    assert "the caller's audio arrives whole (I8)" in red("asks-for-a-person")


def test_booking_without_the_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing straight into the calendar leaves an event that no reservation of ours vouches for."""

    async def straight(kit: Kit, facts: CallFacts, arguments: CreateEvent, gate: Gate) -> ToolResult:
        slot = facts.offered[facts.held_slot_id or ""]
        await kit.calendar.insert(
            slot.calendar_id,
            event_id=uuid.uuid4().hex,
            start=slot.start,
            end=slot.end,
            summary="Straight",
            description="",
            private={OURS: arguments.hold_id},
        )
        facts.booking_id = arguments.hold_id
        return ToolResult(output={"ok": True, "say": spoken.booked("cleaning", slot.start)})

    _replace_tool(monkeypatch, "create_event", straight)
    assert {"rows and events agree (I2)", "said implies done (I3)"} <= red("book-a-cleaning")


def test_confirm_gate_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hasty model books while the caller still hears the read-back."""
    monkeypatch.setattr(Session, "gate_state", lambda session, now: Gate.OPEN)
    found = red("hangs-up-mid-booking")
    assert {"booked only after a yes", "the recording's own expectations"} <= found


def test_cancelling_on_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that cancels without a proposal changes the calendar before anybody could object."""
    monkeypatch.setattr(cancelling, "is_agreed", lambda kit, facts, gate, say: True)
    assert "booked only after a yes" in red("cancels")


def test_any_attestation_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes a failed attestation for a good one tells a stranger what is booked."""
    monkeypatch.setattr(routes, "is_attested", lambda number, verdicts: bool(number and verdicts))
    found = red("spoofed-caller")
    assert {"bookings are told only to their owner", "the recording's own expectations"} <= found


def _replace_tool(monkeypatch: pytest.MonkeyPatch, name: str, handler: catalogue.Handler) -> None:
    monkeypatch.setattr(
        catalogue,
        "TOOLS",
        tuple(
            msgspec.structs.replace(tool, handler=handler) if tool.name == name else tool
            for tool in catalogue.TOOLS
        ),
    )
