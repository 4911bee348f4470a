"""What is written down of one call: turns, tool calls, usage, and one rich line at its end.

Shell, but nothing in it is awaited by the audio path: everything goes through the journal,
which keeps and retries what the store cannot take. Speech goes into the store only, never
into the log.
"""

import asyncio
from datetime import datetime

import msgspec
import structlog

from bridge.call.called_back import callback_of, reason_to_call_back
from bridge.call.delays import TurnDelays
from bridge.call.keeper import SnapshotKeeper
from bridge.call.leg import Leg
from bridge.call.messages import (
    EndStream,
    ModelLegClosed,
    NextStep,
    RecordClip,
    RecordInterruption,
    RecordReview,
    RecordTurn,
    RunTool,
    Usage,
)
from bridge.call.phases import CALLERS_CHOICE, LIMITS, EndReason
from bridge.call.timeline import UNKNOWN, Arrival, time_line
from bridge.store.calls import CallStore, Outcome
from bridge.store.handoffs import HandoffStore
from bridge.store.journal import Journal
from bridge.store.spending import Till
from tools.brief import brief
from tools.business import Business, HandoffMode
from tools.callbacks import Callback
from tools.catalogue import UNWRITTEN
from tools.clock import Clock
from tools.codes import without_codes
from tools.facts import CallFacts, Done
from tools.messages import tasks_left
from tools.owner import ask
from tools.result import Claim, ToolResult
from tools.store import BookingStore, Lead, StoreError

log = structlog.get_logger(__name__)

LONGEST_REASON = 123  # a close frame holds no more
COMMIT_S = 1.0  # the stream stays open so long for the next step to be committed


class CallRecord:
    """Writes one call's record."""

    def __init__(
        self,
        facts: CallFacts,
        *,
        business: Business,
        calls: CallStore,
        bookings: BookingStore,
        handoffs: HandoffStore,
        till: Till,
        journal: Journal,
        clock: Clock,
        keeper: SnapshotKeeper,
        stream: int,
        arrival: Arrival = UNKNOWN,
    ) -> None:
        """`stream`: which one of the call's this is, from 0. `arrival`: how it came to this stream."""
        self._facts = facts
        self._stream = stream
        self._keeper = keeper
        self._till = till
        self._call_sid = facts.call_sid
        self._business = business
        self._calls = calls
        self._bookings = bookings
        self._handoffs = handoffs
        self._journal = journal
        self._clock = clock
        self._began = clock.monotonic()
        self._arrival = arrival
        self._configured: float | None = None
        self._first_audio: float | None = None
        self._turns = 0
        self._interruptions = 0
        self._reviews: list[str] = []
        self._clips: list[str] = []
        self._tool_calls: list[str] = []
        self._usage = Usage()

    def model_configured(self, now: float) -> None:
        """The first of these is when the greeting could be asked for."""
        if self._configured is None:
            self._configured = now

    def audio_sent(self, now: float) -> None:
        """The first of these tells how long the caller waited for the first word."""
        if self._first_audio is None:
            self._first_audio = now

    def turn(self, turn: RecordTurn) -> None:
        if self._facts.codes_sent:
            turn = msgspec.structs.replace(turn, text=without_codes(turn.text))
        self._turns += 1
        number, now = self._turns, self._clock.now()
        self._journal.note(
            lambda: self._calls.record_turn(call_sid=self._call_sid, number=number, turn=turn, now=now)
        )
        self._keeper.said(turn)

    def interruption(self, interruption: RecordInterruption) -> None:
        self._interruptions += 1

    def clip(self, clip: RecordClip) -> None:
        self._clips.append(clip.name)

    def model_lost(self, lost: ModelLegClosed) -> None:
        """Both code and reason: the service tells what happened in one or the other."""
        log.warning("model_leg_lost", code=lost.code, status=lost.status, reason=lost.reason[:LONGEST_REASON])

    def review(self, review: RecordReview) -> None:
        self._reviews.append(review.reason)
        now = self._clock.now()
        self._journal.note(
            lambda: self._calls.add_review(call_sid=self._call_sid, reason=review.reason, now=now)
        )

    def usage(self, usage: Usage, micros: int) -> None:
        """`micros`: what it cost, in millionths of a dollar."""
        day = self._clock.now().astimezone(self._business.tz).date()
        self._keeper.spent(micros)
        self._till.add(day=day, micros=micros)
        self._usage = Usage(
            *(getattr(self._usage, field) + getattr(usage, field) for field in Usage.__struct_fields__)
        )

    def tool_call(self, action: RunTool, result: ToolResult, took_s: float) -> None:
        # The model may call anything anything; only names of ours are worth a log line.
        name = "unknown" if result.error_code == "unknown_tool" else action.name
        self._tool_calls.append(name)
        if action.name in UNWRITTEN:
            action = msgspec.structs.replace(action, arguments_json="")
        now = self._clock.now()
        log.info(
            "tool_call",
            tool=name,
            gate=action.gate.value,
            ok=result.error_code is None,
            error=result.error_code,
            ms=round(took_s * 1000),
        )
        self._journal.note(
            lambda: self._calls.record_tool_call(
                call_sid=self._call_sid, action=action, result=result, took_s=took_s, now=now
            )
        )
        self._keeper.changed()

    async def commit_next_step(self, step: NextStep, reason: str) -> None:
        """Commit what the telephone must do next, what a person will be told of it, and what a new stream
        would go on from; bounded, for the caller is waiting.
        """
        now = self._clock.now()

        async def write() -> None:
            warm = self._business.handoff.mode is HandoffMode.WARM and reason not in LIMITS
            if step is NextStep.PERSON and warm:
                await self._handoffs.agree(
                    call_sid=self._call_sid,
                    caller_number=self._facts.caller_number,
                    brief=brief(self._business, self._facts, reason),
                    now=now,
                )
            await self._calls.set_next_step(
                call_sid=self._call_sid, step=step.value, reason=reason, now=now, stream=self._stream
            )

        self._keeper.changed()  # if there is no time for it now
        try:
            async with asyncio.timeout(COMMIT_S):
                await write()
                await self._keeper.write()
        except (TimeoutError, StoreError) as error:
            log.error("next_step_not_committed", step=step.value, error=type(error).__name__)
            self._journal.put(write)

    def finish(
        self,
        facts: CallFacts,
        end: EndStream | None,
        caller: Leg,
        model: Leg | None,
        delays: TurnDelays | None = None,
    ) -> None:
        """Close the call's row and say in one line how it went."""
        line = time_line(self._arrival, self._configured, self._first_audio)
        reason = end.reason if end is not None else EndReason.SERVER_ERROR
        lead_taken = not self._business.takes_bookings and facts.lead != Lead()
        outcome = call_outcome(facts, reason, lead_taken=lead_taken)
        now = self._clock.now()
        seconds = self._clock.monotonic() - self._began
        first = None if self._first_audio is None else round((self._first_audio - self._began) * 1000)
        log.info(
            "call_ended",
            outcome=outcome.value,
            reason=str(reason),
            seconds=round(seconds, 1),
            turns=self._turns,
            interruptions=self._interruptions,
            tools=self._tool_calls,
            review=self._reviews,
            clips=self._clips,
            first_word_ms=first,
            time_line=msgspec.structs.asdict(line),
            turn_delays=msgspec.to_builtins(delays),
            frames_dropped=model.dropped if model else 0,
            audio_dropped=caller.dropped,
            ignored_from_caller=caller.ignored,
            ignored_from_model=model.ignored if model else 0,
            tokens={field: getattr(self._usage, field) for field in Usage.__struct_fields__},
        )
        self._keep_lead(facts, now)
        why = reason_to_call_back(facts, reason, lead_taken=lead_taken)
        tasks = tasks_left(self._business, facts)
        if why is not None:
            tasks.append(callback_of(self._business, facts, why, what_was_done(facts, why)))
        for task in tasks:
            self._have_called_back(task, now)
        self._till.empty()
        self._journal.note(lambda: self._calls.add_usage(call_sid=self._call_sid, usage=self._usage, now=now))
        self._journal.note(
            lambda: self._calls.record_timing(call_sid=self._call_sid, line=line, delays=delays, now=now)
        )
        # Not a note: whoever finds no end, if this process is killed now, has the caller called back.
        self._journal.put(
            lambda: self._calls.close_call(
                call_sid=self._call_sid,
                outcome=outcome,
                reason=str(reason),
                summary=call_summary(facts, outcome),
                now=now,
                stream=self._stream,
            )
        )

    def _keep_lead(self, facts: CallFacts, now: datetime) -> None:
        """Once more: the store may have been away when the caller told it."""
        if facts.lead != Lead():
            self._journal.put(
                lambda: self._bookings.save_lead(
                    call_sid=facts.call_sid, caller_number=facts.caller_number, lead=facts.lead, now=now
                )
            )

    def _have_called_back(self, task: Callback, now: datetime) -> None:
        self._journal.put(lambda: ask(self._bookings, self._business, task, now=now))


def what_was_done(facts: CallFacts, reason: str) -> str:
    """The call's summary, for whoever calls back; "" where there is nothing to tell but how it ended."""
    outcome = call_outcome(facts, reason)
    summary = call_summary(facts, outcome)
    return "" if summary == SUMMARIES[outcome] else summary


def call_outcome(facts: CallFacts, reason: str, *, lead_taken: bool = False) -> Outcome:
    """How the call counts, by what was committed in it; the strongest fact wins.

    `lead_taken`: the caller told something where nothing is booked, and is called back.
    """
    claims = {one.claim for one in facts.done.values()}
    for claim, outcome in _STRONGEST:
        if claim in claims:
            return outcome
    if reason in LIMITS or reason in (EndReason.TRANSFER, EndReason.KEY_ZERO, EndReason.NOT_UNDERSTOOD):
        return Outcome.TRANSFERRED
    if facts.message_taken:
        return Outcome.MESSAGE_TAKEN
    if lead_taken:
        return Outcome.LEAD_TAKEN
    if reason not in CALLERS_CHOICE:
        return Outcome.FAILED
    if facts.questions_answered:
        return Outcome.QUESTION_ANSWERED
    return Outcome.CALLER_HUNG_UP if reason == EndReason.CALLER_HUNG_UP else Outcome.ENDED


def call_summary(facts: CallFacts, outcome: Outcome) -> str:
    """A sentence or two for the owner, from committed facts only; no words of the caller's."""
    parts = [_said_of(one) for one in facts.done.values()]
    if facts.booking_id is not None:
        # A text whose answer was lost may have gone out all the same.
        sent = "was sent" if facts.confirmation_sent else "is not known to have been sent"
        parts.append(f"The confirmation text {sent}.")
    if facts.unconfirmed_id is not None:
        moved = facts.moving is not None and facts.moving.hold_id == facts.unconfirmed_id
        what = "moved" if moved else "made"
        parts.append(f"Whether a booking was {what} is not known; please look in the calendar.")
    if facts.cancelling is not None:
        parts.append("Whether a booking was cancelled is not known; please look in the calendar.")
    if facts.message_taken:
        parts.append("A message was taken; please call back.")
    if outcome is Outcome.LEAD_TAKEN:
        parts.append(LEAD_SUMMARY)
    if facts.transfer_reason is not None:
        done = "Put through to" if outcome is Outcome.TRANSFERRED else "Asked for"  # and hung up, say
        parts.append(f"{done} a person ({facts.transfer_reason.replace('_', ' ')}).")
    if facts.questions_answered:
        parts.append(f"Questions answered: {facts.questions_answered}.")
    if not parts:
        parts.append(SUMMARIES[outcome])
    return " ".join(parts)


def _said_of(one: Done) -> str:
    start = f"{one.start:%A %d %B %Y at %H:%M}"
    if one.claim is Claim.MOVED and one.was is not None:
        start = f"from {one.was:%A %d %B %Y at %H:%M} to {start}"
    return f"{one.claim.value.capitalize()}: {one.service}, {start}."


_STRONGEST = (
    (Claim.BOOKED, Outcome.BOOKED),
    (Claim.MOVED, Outcome.RESCHEDULED),
    (Claim.CANCELLED, Outcome.CANCELLED),
)
LEAD_SUMMARY = "The caller's wish and details were taken; please call back."
SUMMARIES = {
    Outcome.BOOKED: "Booked.",
    Outcome.RESCHEDULED: "A booking was moved.",
    Outcome.CANCELLED: "A booking was cancelled.",
    Outcome.TRANSFERRED: "Put through to a person.",
    Outcome.MESSAGE_TAKEN: "A message was taken.",
    Outcome.LEAD_TAKEN: LEAD_SUMMARY,
    Outcome.QUESTION_ANSWERED: "A question was answered.",
    Outcome.ENDED: "The call ended without a booking.",
    Outcome.CALLER_HUNG_UP: "The caller hung up without a booking.",
    Outcome.REFUSED: "The call was not taken.",
    Outcome.FAILED: "The call broke off on our side.",
}
