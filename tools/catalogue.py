"""The tools: names, what the model is told of them, arguments, time allowed, what runs.

A name here is part of the contract with the texts in `prompts/`; a test holds them
together. Read `dispatch.py` for how a tool is run.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from tools import spoken, spoken_changes
from tools.arguments import (
    AnswerQuestion,
    Arguments,
    CancelEvent,
    CheckAvailability,
    CheckCode,
    CreateEvent,
    HoldSlot,
    NoArguments,
    RescheduleEvent,
    SaveDetails,
    SendConfirmation,
    TakeMessage,
    TransferToHuman,
)
from tools.availability import check_availability
from tools.booking import booking_unknown, create_event
from tools.business import Business
from tools.cancelling import cancel_event, cancel_undecided
from tools.confirmation import send_confirmation, text_unknown
from tools.conversation import answer_question, did_not_understand, end_call, wait_for_user
from tools.details import arguments_of, details_unknown, save_details
from tools.errors import Unavailable
from tools.facts import CallFacts
from tools.handoff import transfer_to_human
from tools.holds import hold_slot
from tools.identity import check_code, send_code, unchecked
from tools.identity import text_unknown as code_text_unknown
from tools.kit import Kit
from tools.lookup import find_bookings
from tools.messages import message_unknown, take_message
from tools.rescheduling import move_undecided, reschedule_event
from tools.result import Gate, ToolResult
from tools.schema import function_object

Handler = Callable[[Kit, CallFacts, Any, Gate], Awaitable[ToolResult]]
Undecided = Callable[[Kit, CallFacts, Any], Awaitable[ToolResult]]


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """One tool."""

    name: str
    description: str
    arguments: type[Arguments]
    handler: Handler
    undecided: Undecided
    """The truthful answer when the handler ran out of time or broke, whatever it had done by then."""
    deadline_s: float
    one_at_a_time: bool = False  # changes something: never two of these at once in one call
    arguments_kept: bool = True  # in the record of the call


async def _nothing_done(kit: Kit, facts: CallFacts, arguments: Arguments) -> ToolResult:
    return Unavailable(spoken.out_of_order()).result()


async def _calendar_unseen(kit: Kit, facts: CallFacts, arguments: Arguments) -> ToolResult:
    return Unavailable(spoken.calendar_unseen(), code="calendar_unavailable").result()


async def _hold_undecided(kit: Kit, facts: CallFacts, arguments: HoldSlot) -> ToolResult:
    """The hold may stand; nobody may book it, because it was never read back. It runs out by itself."""
    unseen = Unavailable(spoken.calendar_unseen(), code="calendar_unavailable").result()
    return msgspec.structs.replace(unseen, closes_gate=True)


async def _text_undecided(kit: Kit, facts: CallFacts, arguments: SendConfirmation) -> ToolResult:
    return text_unknown().result()


async def _details_undecided(kit: Kit, facts: CallFacts, arguments: SaveDetails) -> ToolResult:
    return details_unknown().result()


async def _code_undecided(kit: Kit, facts: CallFacts, arguments: NoArguments) -> ToolResult:
    return code_text_unknown()


async def _check_undecided(kit: Kit, facts: CallFacts, arguments: CheckCode) -> ToolResult:
    return unchecked(kit, facts).result()


async def _bookings_unseen(kit: Kit, facts: CallFacts, arguments: NoArguments) -> ToolResult:
    return Unavailable(spoken_changes.bookings_unseen(), code="bookings_unseen").result()


async def _message_undecided(kit: Kit, facts: CallFacts, arguments: TakeMessage) -> ToolResult:
    return message_unknown().result()


TOOLS: tuple[Tool, ...] = (
    Tool(
        name="check_availability",
        description=(
            "Find free appointment times. Call it whenever a time is discussed: times come only from here. "
            "Work out the dates from today's date in your instructions."
        ),
        arguments=CheckAvailability,
        handler=check_availability,
        undecided=_calendar_unseen,
        deadline_s=8,
    ),
    Tool(
        name="hold_slot",
        description=(
            "Keep one offered time for the caller while they confirm. Say the returned sentence word for "
            "word, then stop and wait for the answer."
        ),
        arguments=HoldSlot,
        handler=hold_slot,
        undecided=_hold_undecided,
        deadline_s=12,
        one_at_a_time=True,
    ),
    Tool(
        name="create_event",
        description=(
            "Book the held time. Only after the caller heard the read-back and said yes. "
            "Nothing is booked until this answers ok."
        ),
        arguments=CreateEvent,
        handler=create_event,
        undecided=booking_unknown,
        deadline_s=20,
        one_at_a_time=True,
    ),
    Tool(
        name="send_confirmation",
        description="Text the booking of this call to the number the caller is calling from.",
        arguments=SendConfirmation,
        handler=send_confirmation,
        undecided=_text_undecided,
        deadline_s=12,
        one_at_a_time=True,
    ),
    Tool(
        name="find_bookings",
        description=(
            "Look up what is booked under the number the caller is calling from. Appointments are known only "
            "from here, and only what it shows can be moved or cancelled."
        ),
        arguments=NoArguments,
        handler=find_bookings,
        undecided=_bookings_unseen,
        deadline_s=5,
    ),
    Tool(
        name="reschedule_event",
        description=(
            "Move a booking to an offered time. The first call only asks: say its sentence word for word, "
            "then stop and wait. After a clear yes make the same call again; only then is it moved."
        ),
        arguments=RescheduleEvent,
        handler=reschedule_event,
        undecided=move_undecided,
        deadline_s=20,
        one_at_a_time=True,
    ),
    Tool(
        name="cancel_event",
        description=(
            "Cancel a booking. The first call only asks: say its sentence word for word, then stop and wait. "
            "After a clear yes make the same call again; only then is it cancelled."
        ),
        arguments=CancelEvent,
        handler=cancel_event,
        undecided=cancel_undecided,
        deadline_s=15,
        one_at_a_time=True,
    ),
    Tool(
        name="save_details",
        description=(
            "Keep what the caller tells about themselves and their wish, as soon as they tell it; only what "
            "is new or has changed. Say the returned sentence word for word: it may read something back."
        ),
        arguments=SaveDetails,
        handler=save_details,
        undecided=_details_undecided,
        deadline_s=5,
        one_at_a_time=True,
    ),
    Tool(
        name="send_code",
        description=(
            "Text a code to the number the caller is calling from, so that they can prove that it is theirs. "
            "Only when a tool said that it is not proved and the caller agreed."
        ),
        arguments=NoArguments,
        handler=send_code,
        undecided=_code_undecided,
        deadline_s=12,
        one_at_a_time=True,
    ),
    Tool(
        name="check_code",
        description="Check the code that the caller says or has pressed.",
        arguments=CheckCode,
        handler=check_code,
        undecided=_check_undecided,
        deadline_s=5,
        one_at_a_time=True,
        arguments_kept=False,
    ),
    Tool(
        name="transfer_to_human",
        description=(
            "Connect the caller to a person. In the same response, first say one short sentence "
            "that you will put them through."
        ),
        arguments=TransferToHuman,
        handler=transfer_to_human,
        undecided=_nothing_done,
        deadline_s=5,
    ),
    Tool(
        name="take_message",
        description="Pass a message on to a person, who sees the caller's number with it.",
        arguments=TakeMessage,
        handler=take_message,
        undecided=_message_undecided,
        deadline_s=5,
        one_at_a_time=True,
    ),
    Tool(
        name="answer_question",
        description="The business's own answer to one of these topics. Say it; add nothing.",
        arguments=AnswerQuestion,
        handler=answer_question,
        undecided=_nothing_done,
        deadline_s=5,
    ),
    Tool(
        name="did_not_understand",
        description=(
            "The caller spoke to you and you could not make out what they said. Say nothing yourself first."
        ),
        arguments=NoArguments,
        handler=did_not_understand,
        undecided=_nothing_done,
        deadline_s=5,
    ),
    Tool(
        name="wait_for_user",
        description="Stay silent: hold music, noise, or talk that is not meant for you.",
        arguments=NoArguments,
        handler=wait_for_user,
        undecided=_nothing_done,
        deadline_s=5,
    ),
    Tool(
        name="end_call",
        description="Hang up. In the same response, first say goodbye.",
        arguments=NoArguments,
        handler=end_call,
        undecided=_nothing_done,
        deadline_s=5,
    ),
)


UNWRITTEN = frozenset(tool.name for tool in TOOLS if not tool.arguments_kept)
# All there is where nothing is booked. A new tool does not come among them by itself.
LEAD_TOOLS = frozenset(
    {"save_details", "transfer_to_human", "take_message", "answer_question"}
    | {"did_not_understand", "wait_for_user", "end_call"}
)


def tools_of(business: Business) -> tuple[Tool, ...]:
    """The tools this business has a use for, with its own details among the arguments."""
    return tuple(
        msgspec.structs.replace(tool, arguments=arguments_of(business.fields))
        if tool.name == "save_details"
        else tool
        for tool in TOOLS
        if (business.takes_bookings or tool.name in LEAD_TOOLS)
        and (tool.name != "answer_question" or business.questions)
    )


def definition(tool: Tool, business: Business) -> dict[str, Any]:
    """The tool as the model sees it, with the services and topics of this business."""
    choices: dict[str, list[str]] = {}
    if tool.arguments is CheckAvailability:
        choices["service"] = [service.key for service in business.services]
        several = len(business.calendars) > 1
        choices["provider"] = [calendar.name for calendar in business.calendars] if several else []
    if tool.arguments is AnswerQuestion:
        choices["topic"] = [question.topic for question in business.questions]
    return function_object(tool.name, tool.description, tool.arguments, choices)
