"""Runs a tool the model asked for, and always answers.

The edge of a tool call: arguments are checked here, time is bounded here, and here is the
one wide net. Nothing personal is logged: no arguments, no outputs, no texts of exceptions
(a database's carries its parameters). Read `catalogue.py` for the tools themselves.
"""

import asyncio
import contextlib
import traceback
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakValueDictionary

import msgspec
import structlog

from tools import spoken, trouble
from tools.arguments import Arguments
from tools.business import Business
from tools.catalogue import Tool, definition, tools_of
from tools.clock import Clock
from tools.errors import BadArguments, OutcomeUnknown, ToolError, Unavailable, UnknownTool
from tools.facts import CallFacts
from tools.kit import Kit
from tools.ports import CalendarError, CalendarPort, MailPort, SmsPort
from tools.prefetch import FreeBusy
from tools.recovery import Recovery
from tools.result import Gate, ToolResult
from tools.store import BookingStore, StoreError
from tools.unsettled import settle

log = structlog.get_logger(__name__)

PROBLEM_LENGTH = 200  # characters: the model pays for every one of them for the rest of the call
UNDECIDED_S = 3.0  # for the answer of a tool that ran out of time: it may write a task for a person
_NOT_UNDERSTANDING = ("did_not_understand", "wait_for_user")


class Dispatcher:
    """All tools of one business. One object serves every call."""

    def __init__(
        self,
        *,
        business: Business,
        store: BookingStore,
        calendar: CalendarPort,
        sms: SmsPort,
        mail: MailPort | None = None,
        clock: Clock,
        code_key: bytes,
    ) -> None:
        self.free_busy = FreeBusy(business, calendar, clock)  # whoever takes calls keeps it fresh
        self.kit = Kit(
            business=business,
            store=store,
            calendar=calendar,
            free_busy=self.free_busy,
            sms=sms,
            mail=mail,
            clock=clock,
            code_key=code_key,
        )
        self._tools = {tool.name: tool for tool in tools_of(business)}
        # One lock per call, alive for as long as a tool of that call runs.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def recovery(self) -> Recovery:
        """What brings to an end whatever these tools, here or in another process, did not."""
        return Recovery(self.kit)

    def definitions(self) -> list[dict[str, Any]]:
        """Function objects for the model's session."""
        return [definition(tool, self.kit.business) for tool in self._tools.values()]

    async def run(
        self, facts: CallFacts, name: str, arguments_json: str, gate: Gate, proposal: str | None = None
    ) -> ToolResult:
        """The tool's answer. Never raises; bounded by the tool's deadline and a little more.

        `proposal`: what the gate said that of when the model asked.
        """
        try:
            tool = self._tool(name)
            arguments = _decoded(tool, arguments_json)
        except ToolError as error:
            return error.result()
        if name not in _NOT_UNDERSTANDING:
            facts.misunderstood = 0
        result = trouble.after(self.kit, facts, await self._bounded(tool, facts, arguments, gate, proposal))
        if result.closes_gate:
            facts.proposed = None
        if result.proposal is not None:
            facts.proposed = result.proposal
        return result

    def _tool(self, name: str) -> Tool:
        if name not in self._tools:
            raise UnknownTool(f"there is no such tool; the tools are {', '.join(self._tools)}")
        return self._tools[name]

    async def _bounded(
        self, tool: Tool, facts: CallFacts, arguments: Arguments, gate: Gate, proposal: str | None
    ) -> ToolResult:
        try:
            async with asyncio.timeout(tool.deadline_s) as deadline, self._turn(tool, facts):
                if proposal != facts.proposed:
                    # Asked for in one breath with what has proposed something else since.
                    gate = Gate.NO_PROPOSAL
                await settle(self.kit, facts)
                return await tool.handler(self.kit, facts, arguments, gate)
        except ToolError as error:
            return error.result()
        except CalendarError as error:
            # Handlers that have written pass none on: nothing was changed, and nothing is free.
            log.warning("calendar_failed", tool=tool.name, code=error.code)
            return Unavailable(spoken.calendar_unseen(), code="calendar_unavailable").result()
        except StoreError as error:
            log.warning("store_failed", tool=tool.name, error=type(error).__name__)
            return await self._undecided(tool, facts, arguments)
        except Exception as error:  # the wide net: whatever broke, the caller gets a true sentence
            if isinstance(error, TimeoutError) and deadline.expired():
                log.warning("tool_late", tool=tool.name, deadline_s=tool.deadline_s)
            else:
                log.error("tool_broke", tool=tool.name, error=type(error).__name__, where=_where(error))
            return await self._undecided(tool, facts, arguments)

    async def _undecided(self, tool: Tool, facts: CallFacts, arguments: Arguments) -> ToolResult:
        try:
            async with asyncio.timeout(UNDECIDED_S):
                result = await tool.undecided(self.kit, facts, arguments)
        except Exception as error:  # the store hangs too, say
            log.error("tool_broke", tool=tool.name, error=type(error).__name__, where=_where(error))
            result = OutcomeUnknown(spoken.unsure()).result()
        return result

    @contextlib.asynccontextmanager
    async def _turn(self, tool: Tool, facts: CallFacts) -> AsyncIterator[None]:
        """Wait until no other tool of this call is changing something, if this one does."""
        if not tool.one_at_a_time:
            yield
            return
        lock = self._locks.setdefault(facts.call_sid, asyncio.Lock())
        async with lock:
            yield


def _decoded(tool: Tool, arguments_json: str) -> Arguments:
    """Raises BadArguments, which says which field and what is expected."""
    try:
        return msgspec.json.decode(arguments_json or "{}", type=tool.arguments)
    except msgspec.ValidationError as error:
        # It quotes what does not fit, of whatever length.
        what, _, path = str(error).partition(" - at `$.")
        what = what if len(what) <= PROBLEM_LENGTH else f"{what[:PROBLEM_LENGTH]}…"
        field = f"{path.rstrip('`')}: " if path else ""
        raise BadArguments(f"{field}{what}") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadArguments("the arguments are not a JSON object") from error


def _where(error: Exception) -> str:
    """The line that raised: enough to find a mistake, and free of values."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}:{frames[-1].lineno}" if frames else "unknown"
