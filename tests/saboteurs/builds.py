"""How each saboteur is built: the server's own code, with one thing about it changed.

Each function changes the running process through a `MonkeyPatch`, which undoes it afterwards.
"""

import asyncio
import re
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import structlog

from bridge.call import messages as m
from bridge.call.call import Call
from bridge.call.leg import Leg
from bridge.call.manners import PHONE_FORMAT
from bridge.call.messages import CodecError
from bridge.call.model_leg import ModelLeg
from bridge.call.playback import Cut, Playback
from bridge.call.session import Session
from bridge.call.switchboard import Switchboard
from bridge.call.waiting_legs import AdoptedSocket
from bridge.harness import run
from bridge.realtime import codec as model_codec
from bridge.realtime.connection import ModelSocket
from bridge.store.migrate import migrate
from bridge.twilio import routes, twiml
from tests.races.naive import without_rules
from tools import appointments, cancelling, catalogue, holds, spoken
from tools.arguments import CreateEvent
from tools.facts import CallFacts
from tools.google_events import OURS
from tools.kit import Kit
from tools.ports import SmsAmbiguous
from tools.result import Gate, ToolResult
from tools.sms import Sms

Build = Callable[[pytest.MonkeyPatch], None]

FRAME = '"input_audio_buffer.append"'
BEAT_S = 0.7  # of a keep-alive that nobody ends
BEATS = 40  # enough to outlive the look at what is left


# --- the line ---------------------------------------------------------------------


def no_clear(patch: pytest.MonkeyPatch) -> None:
    carry_out = Call._carry_out

    def deaf(call: Call, action: m.Action) -> None:
        if not isinstance(action, m.ClearPlayback):
            carry_out(call, action)

    patch.setattr(Call, "_carry_out", deaf)


def every_50th_frame_dropped(patch: pytest.MonkeyPatch) -> None:
    count = 0
    to_model = Call._to_model

    def lossy(call: Call, text: str) -> None:
        nonlocal count
        count += FRAME in text
        if count % 50 or FRAME not in text:
            to_model(call, text)

    assert FRAME in model_codec.encode(m.SendFrame("AAAA"))
    patch.setattr(Call, "_to_model", lossy)


def cleared_marks_count(patch: pytest.MonkeyPatch) -> None:
    clear = Playback.clear

    def believing(playback: Playback, now: float) -> list[Cut]:
        for mark in list(playback._marks):  # the telephone returns them all at once
            playback.mark_played(mark.name, now)
        return clear(playback, now)

    patch.setattr(Playback, "clear", believing)


def all_sent_is_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Playback, "_position", lambda playback, now: playback._sent)


def frames_lost_between_legs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ModelLeg, "keep_frame", lambda leg, payload_b64: None)


# --- the model --------------------------------------------------------------------


def greeting_too_early(patch: pytest.MonkeyPatch) -> None:
    decide, carry_out, to_model = Session._decide, Call._carry_out, Call._to_model
    held_back: dict[Call, m.Action] = {}
    # A leg that waited for its call is configured before the call looks at it.
    patch.setattr(Switchboard, "expect", lambda *_: None)

    def hasty(session: Session, event: m.Event, now: float) -> None:
        if isinstance(event, m.ModelOpened):
            decide(session, m.ModelConfigured(PHONE_FORMAT, PHONE_FORMAT), now)
        decide(session, event, now)

    def late(call: Call, action: m.Action) -> None:
        if isinstance(action, m.ConfigureModel):
            held_back[call] = action
            return
        carry_out(call, action)

    def after_a_frame(call: Call, text: str) -> None:
        to_model(call, text)
        if FRAME in text and call in held_back:
            carry_out(call, held_back.pop(call))

    patch.setattr(Session, "_decide", hasty)
    patch.setattr(Call, "_carry_out", late)
    patch.setattr(Call, "_to_model", after_a_frame)


def two_askings_at_once(patch: pytest.MonkeyPatch) -> None:
    carry_out = Call._carry_out

    def eager(call: Call, action: m.Action) -> None:
        carry_out(call, action)
        if isinstance(action, m.SendToolOutput):
            carry_out(call, m.CreateTurn(f"again_{action.event_id}"))

    patch.setattr(Call, "_carry_out", eager)


def tool_in_the_receive_loop(patch: pytest.MonkeyPatch) -> None:
    async def read(leg: Leg, receive: Callable[[str | bytes], None]) -> None:
        while True:
            text = await leg.socket.receive()
            try:
                receive(text)
            except CodecError:
                leg.ignored += 1
            tools = {task for task in asyncio.all_tasks() if task.get_name().startswith("tool ")}
            if tools and isinstance(leg.socket, ModelSocket | AdoptedSocket):
                await asyncio.wait(tools)

    patch.setattr(Leg, "read", read)


def session_left_open(patch: pytest.MonkeyPatch) -> None:
    async def forget(socket: ModelSocket, code: int = 1000, reason: str = "") -> None:
        """Somebody else will."""

    patch.setattr(ModelSocket, "close", forget)


def keep_alive_for_ever(patch: pytest.MonkeyPatch) -> None:
    take = Switchboard.take
    beating: set[asyncio.Task[None]] = set()

    async def beat(left: int) -> None:
        await asyncio.sleep(BEAT_S)
        if left:
            begin(left - 1)

    def begin(left: int) -> None:
        task = asyncio.create_task(beat(left))
        beating.add(task)
        task.add_done_callback(beating.discard)

    async def taken(board: Switchboard, *arguments: Any, **named: Any) -> None:
        begin(BEATS)
        await take(board, *arguments, **named)

    patch.setattr(Switchboard, "take", taken)


# --- what comes next, and the record -----------------------------------------------


def no_action_in_connect(patch: pytest.MonkeyPatch) -> None:
    stream = twiml.stream

    def bare(*arguments: Any, **named: Any) -> str:
        return re.sub(r'<Connect action="[^"]*"', "<Connect", stream(*arguments, **named))

    patch.setattr(twiml, "stream", bare)


def number_in_the_log(patch: pytest.MonkeyPatch) -> None:
    take = Switchboard.take

    async def talkative(board: Switchboard, facts: CallFacts, *arguments: Any, **named: Any) -> None:
        number = (facts.caller_number or "").removeprefix("+1")
        # Masking knows a number by its digits; here they are no word of their own.
        structlog.get_logger(__name__).info("call_taken", caller=f"id{number}")
        await take(board, facts, *arguments, **named)

    patch.setattr(Switchboard, "take", talkative)


def any_attestation_vouches(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routes, "is_attested", lambda number, verdicts: bool(number and verdicts))


# --- bookings and texts -------------------------------------------------------------


def blind_resend(patch: pytest.MonkeyPatch) -> None:
    send = Sms.send

    async def again(sms: Sms, **text: Any) -> str:
        try:
            return await send(sms, **text)
        except SmsAmbiguous:  # it has certainly not arrived
            return await send(sms, **text)

    patch.setattr(Sms, "send", again)


def gate_removed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Session, "gate_state", lambda session, now: Gate.OPEN)


def cancelled_on_the_first_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancelling, "is_agreed", lambda kit, facts, gate, say: True)


def booking_without_the_hold(patch: pytest.MonkeyPatch) -> None:
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

    changed = (
        msgspec.structs.replace(tool, handler=straight) if tool.name == "create_event" else tool
        for tool in catalogue.TOOLS
    )
    patch.setattr(catalogue, "TOOLS", tuple(changed))


def offer_trusted(patch: pytest.MonkeyPatch) -> None:
    async def nothing(*arguments: Any, **named: Any) -> list[Any]:
        return []

    patch.setattr(holds, "in_the_way", nothing)
    patch.setattr(appointments, "in_the_way", nothing)
    patch.setattr(appointments, "others", nothing)


def check_then_insert(patch: pytest.MonkeyPatch) -> None:
    async def migrated(url: str) -> None:
        await migrate(url)
        await without_rules(url)

    patch.setattr(run, "migrate", migrated)
