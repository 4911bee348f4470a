"""Whole calls at a business that books nothing: it keeps what it is told and has callers rung back."""

import asyncio
from pathlib import Path

import pytest

from bridge.harness.model.policy_types import CallTool, Say
from bridge.store.report import Report
from tests.server import CALLER, Server, in_no_time, serving, until
from tools.catalogue import LEAD_TOOLS
from tools.prefetch import AGAIN_S

Turn = list[Say | CallTool]

CALL = "CA" + "1" * 32
BUSINESS = """
mode = "leads"
name = "Maple Street Roofing"
agent = "Robin"
zone = "America/New_York"
address = "48 Maple Street, Springfield"
handoff_number = "+12025550180"

[hours]
monday = ["09:00-17:00"]

[capture]
ask = ["name", "callback_number", "email"]

[[field]]
key = "property_type"
question = "Is it a house or a flat?"
choices = ["house", "flat"]
required = true

[[faq]]
topic = "area"
questions = ["Where do you work?"]
answer = "We work in all of Springfield."
"""
TOLD = {"name": "Dana Reed", "callback_number": "(202) 555-0199", "reason": "a leaking roof"}
SAVED: Turn = [CallTool("save_details", TOLD)]
FIELD: Turn = [CallTool("save_details", {"property_type": "house", "email": "dana@example.com"})]
BOOKING: Turn = [CallTool("check_availability", {"service": "cleaning"})]
MESSAGE: Turn = [CallTool("take_message", {"message": "The roof leaks. Any morning is fine."})]
GOODBYE: Turn = [Say("Thank you for calling. Goodbye."), CallTool("end_call", {})]


@pytest.fixture
def business(tmp_path: Path) -> str:
    path = tmp_path / "leads.toml"
    path.write_text(BUSINESS, encoding="utf-8")
    return str(path)


async def told(server: Server, count: int) -> list[dict[str, object]]:
    """The tools' answers, once there are so many."""
    await until(lambda: len(list(server.said.of("tool_answered"))) >= count)
    return [entry.data["output"] for entry in server.said.of("tool_answered")][:count]


async def nothing_asked_of_google(server: Server) -> bool:
    return not server.stand.calendar.ledger.entries and not await server.rows(Report.reservations)


@in_no_time
async def test_who_told_something_and_hung_up_is_called_back(business: str) -> None:
    """Read back, kept, and a task for a person, without a word to Google."""
    turns: list[Turn] = [[Say("Hello.")], SAVED, FIELD, BOOKING, GOODBYE]
    async with serving(*turns, BUSINESS_FILE=business) as server:
        line = await server.talking(CALL)
        await line.send(line.writer.dtmf("5"))
        first, second, refused = await told(server, 3)
        assert first["say"] == (
            "I have the number as two zero two, five five five, zero one nine nine. Is that right?"
        )
        assert first["still_to_ask"] == ["email", "property_type"]
        assert "D, A, N, A, at, example, dot, com" in str(second["say"])
        assert "still_to_ask" not in second
        assert "there is no such tool" in str(refused["problem"])
        row = await server.call(CALL)
        assert (row.outcome, row.reason) == ("lead_taken", "said_goodbye")
        (task,) = await server.rows(Report.callbacks)
        assert (task.reason, task.number, task.name) == ("lead", CALLER, "Dana Reed")
        assert task.message.splitlines() == [
            "Asked to be called at: +12025550199",
            "Reason: a leaking roof",
            "Email: dana@example.com",
            "Property type: house",
        ]
        assert await nothing_asked_of_google(server)
        assert server.stand.rest.ledger.entries == []


@in_no_time
async def test_a_message_is_the_task(business: str) -> None:
    """What was told stands in it, and there is no second one."""
    turns: list[Turn] = [[Say("Hello.")], SAVED, MESSAGE, GOODBYE]
    async with serving(*turns, BUSINESS_FILE=business) as server:
        line = await server.talking(CALL)
        await line.send(line.writer.dtmf("5"))
        _, taken = await told(server, 2)
        assert "someone will call you back" in str(taken["say"])
        assert (await server.call(CALL)).outcome == "message_taken"
        (task,) = await server.rows(Report.callbacks)
        assert (task.reason, task.name) == ("message", "Dana Reed")
        assert task.message.startswith("The roof leaks. Any morning is fine.\nAsked to be called at: ")


@in_no_time
async def test_the_model_hears_of_no_calendar(business: str) -> None:
    """Its tools and instructions are those of the mode, and nothing is asked ahead."""
    async with serving(BUSINESS_FILE=business, GOOGLE_SERVICE_ACCOUNT_JSON="none") as server:
        await server.talking(CALL)
        configured, *_ = server.said.of("configured")
        session = configured.data["session"]
        assert {tool["name"] for tool in session["tools"]} == LEAD_TOOLS
        assert "Nothing is booked in this call" in session["instructions"]
        assert "- property_type: Is it a house or a flat? Answers: house, flat." in session["instructions"]
        await asyncio.sleep(AGAIN_S * 1.5)  # the call lasts, and time costs nothing here
        assert await nothing_asked_of_google(server)
