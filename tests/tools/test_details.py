"""save_details: what callers tell is kept, checked, read back, and reaches whoever serves them."""

import json
from typing import Any

import msgspec
import pytest

from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken_details
from tools.business import Business, Field
from tools.catalogue import TOOLS
from tools.details import arguments_of, still_to_ask
from tools.facts import CallFacts
from tools.result import Gate
from tools.schema import parameters_schema
from tools.store import Lead, StoreUnavailable

INSURANCE = Field(key="insurance", question="Are you insured?", choices=("yes", "no"), required=True)
ZIP = Field(key="zip_code", question="What is your zip code?")


def curious(scene: Scene, **changes: Any) -> Scene:
    """The same call at a business that wants to know more."""
    return scene.at(fields=(INSURANCE, ZIP), **changes)


async def test_a_number_is_kept_in_one_form_and_read_back(scene: Scene) -> None:
    """Digit by digit, as the business's country groups them."""
    result = await scene.run("save_details", callback_number="202 555 0199")
    assert scene.facts.lead.callback_number == "+12025550199"
    assert result.output == {
        "ok": True,
        "say": "I have the number as two zero two, five five five, zero one nine nine. Is that right?",
    }


async def test_an_address_is_kept_and_spelt_back(scene: Scene) -> None:
    """Letter by letter."""
    result = await scene.run("save_details", email="Dana@example.com")
    assert scene.facts.lead.email == "dana@example.com"
    assert result.output["say"] == (
        "I have the email address as D, A, N, A, at, example, dot, com. Is that right?"
    )


async def test_a_name_is_spelt_back_only_where_it_was_spelt(scene: Scene) -> None:
    """Otherwise hearing it letter by letter would be a nuisance."""
    plain = await scene.run("save_details", name="Dana Reed")
    assert plain.output == {"ok": True, "say": spoken_details.noted()}
    spelt = await scene.run("save_details", name="Dana Reid", spelled=True)
    assert spelt.output["say"] == "I have your name as D, A, N, A; R, E, I, D. Is that right?"
    assert scene.facts.lead.name == "Dana Reid"


async def test_a_later_word_replaces_an_earlier_one(scene: Scene) -> None:
    """And only that: everything else told before stays, here and in the store."""
    first = {"name": "Dana Reed", "reason": "a broken  tooth", "customer": "new", "urgency": "normal"}
    await scene.run("save_details", **first)
    await scene.run("save_details", urgency="emergency", qualified="yes", handoff_reason="emergency")
    expected = Lead(
        name="Dana Reed",
        reason="a broken tooth",
        customer="new",
        urgency="emergency",
        qualified="yes",
        handoff_reason="emergency",
    )
    assert scene.facts.lead == expected
    assert [lead.lead for lead in await scene.report.leads()] == [expected]


@pytest.mark.parametrize(
    ("wrong", "again", "problem"),
    [
        ({"callback_number": "555 0199"}, spoken_details.number_again(), "callback_number: "),
        ({"email": "dana at example"}, spoken_details.email_again(), "email: "),
        (
            {"callback_number": "555 0199", "email": "dana@example"},
            spoken_details.number_again(),
            "callback_number: ",
        ),
    ],
)
async def test_what_cannot_be_right_is_asked_for_again(
    scene: Scene, wrong: dict[str, str], again: str, problem: str
) -> None:
    """One thing at a time, and everything else that came with it is kept."""
    result = await scene.run("save_details", reason="a broken tooth", **wrong)
    assert result.output["ok"] is False
    assert result.output["say"] == again
    assert result.output["problem"].startswith(problem)
    assert scene.facts.lead == Lead(reason="a broken tooth")


async def test_what_is_right_is_read_back_beside_what_is_not(scene: Scene) -> None:
    """Nothing that is kept goes unheard."""
    result = await scene.run("save_details", callback_number="2025550199", email="dana")
    assert result.output["say"] == (
        "I have the number as two zero two, five five five, zero one nine nine. "
        + spoken_details.email_again()
    )


async def test_nothing_is_written_when_nothing_is_right(scene: Scene) -> None:
    """A wrong number does not replace the right one told before."""
    await scene.run("save_details", callback_number="2025550199")
    await scene.run("save_details", callback_number="12")
    assert scene.facts.lead.callback_number == "+12025550199"
    assert scene.store.asked.count("save_lead") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"spelled": True},
        {"reason": "   "},
        {"reason": "x" * 201},
        {"reason": "a\x00b"},
        {"reason": "one\ntwo"},
        {"reason": "a\n"},
        {"reason": "safe\u202eexe.gpj"},
        {"reason": "<a href='https://example.com'>pay here</a>"},
        {"location": "<b>"},
        {"name": "Dana +12025550199"},
        {"name": "Dana\n"},
        {"callback_number": "two zero two"},
        {"callback_number": "+1 202 555 0199 ext 5"},
        {"customer": "old"},
        {"urgency": "very"},
        {"qualified": "maybe"},
        {"handoff_reason": "bored"},
        {"shoe_size": "44"},
    ],
)
async def test_what_does_not_fit_is_refused(scene: Scene, arguments: dict[str, Any]) -> None:
    """Unknown, empty, endless, hidden, or marked up: told to the model, and nothing is kept."""
    result = await scene.dispatcher.run(scene.facts, "save_details", json.dumps(arguments), Gate.OPEN)
    assert result.error_code == "bad_arguments"
    assert scene.facts.lead == Lead()
    assert await scene.report.leads() == []


@pytest.mark.parametrize("trouble", [StoreUnavailable("locked"), HANG])
async def test_a_store_that_fails_is_said_and_the_call_keeps_what_was_told(
    scene: Scene, trouble: Exception | str
) -> None:
    """Whether it was written is unknown; a booking of this call uses it all the same."""
    scene.store.before("save_lead", trouble)
    result = await scene.run("save_details", email="dana@example.com")
    assert result.output == {"ok": False, "say": spoken_details.details_unknown()}
    assert scene.facts.lead.email == "dana@example.com"


async def test_the_owners_own_details(scene: Scene) -> None:
    """Kept beside the built-in ones; the answer says what is still to be asked."""
    scene = curious(scene, ask=("name", "reason"))
    result = await scene.run("save_details", name="Dana Reed", zip_code="22150")
    assert result.output["still_to_ask"] == ["reason", "insurance"]
    result = await scene.run("save_details", reason="a broken tooth", insurance="yes")
    assert result.output == {"ok": True, "say": "Thank you."}
    assert scene.facts.lead.fields == {"zip_code": "22150", "insurance": "yes"}
    (kept,) = await scene.report.leads()
    assert kept.lead == scene.facts.lead


@pytest.mark.parametrize(
    "arguments", [{"insurance": "perhaps"}, {"zip_code": "x" * 201}, {"zip_code": "1\x002"}, {"zip": "22150"}]
)
async def test_own_details_have_limits_too(scene: Scene, arguments: dict[str, str]) -> None:
    """Only the owner's choices, only the owner's keys, short and plain."""
    scene = curious(scene)
    assert (await scene.run("save_details", **arguments)).error_code == "bad_arguments"
    assert scene.facts.lead == Lead()


def test_own_details_stand_in_the_schema() -> None:
    """As fields like any other, with the owner's question, closed by the owner's choices."""
    schema = parameters_schema(arguments_of((INSURANCE, ZIP)))
    insurance, zip_code = (schema["properties"][key] for key in ("insurance", "zip_code"))
    assert insurance["description"] == INSURANCE.question
    assert insurance["anyOf"][0] == {"type": "string", "enum": ["no", "yes"]}
    assert zip_code["anyOf"][0]["maxLength"] == 200
    assert schema["additionalProperties"] is False
    assert schema["required"] == []
    assert arguments_of(()) is next(tool.arguments for tool in TOOLS if tool.name == "save_details")


def test_what_is_still_to_ask_is_what_the_owner_wants(business: Business) -> None:
    """Nothing by default; an own field that is not required is asked where it fits."""
    assert still_to_ask(business, Lead()) == []
    nosy = msgspec.structs.replace(business, ask=("name",), fields=(INSURANCE, ZIP))
    assert still_to_ask(nosy, Lead(name="Dana Reed")) == ["insurance"]


# --- where it goes ----------------------------------------------------------------


async def test_a_booking_carries_it(scene: Scene) -> None:
    """The address for the invitation, and a few lines for whoever serves the customer."""
    scene = curious(scene)
    told = {"email": "dana@example.com", "reason": "a broken tooth", "customer": "new", "zip_code": "22150"}
    await scene.run("save_details", callback_number="2025550199", **told)
    result = await scene.book_first()
    assert result.output["ok"]
    (row,) = [row for row in await scene.report.reservations() if row.id == scene.facts.booking_id]
    assert row.customer_email == "dana@example.com"
    note = "Reason: a broken tooth\nCustomer: new\nAsked to be called at: +12025550199\nZip code: 22150"
    assert row.note == note
    (event,) = scene.calendar.ours()
    assert scene.calendar.descriptions[event.id] == (
        f"Booked by phone. Caller's number: {scene.facts.caller_number}\n{note}"
    )
    assert event in scene.calendar.events[CHAIR_1].values()


async def test_a_message_carries_it(scene: Scene) -> None:
    """Another number stands in the words for a person to judge; the one to ring is the caller's own."""
    await scene.run("save_details", callback_number="2025550199", name="Dana Reed", urgency="urgent")
    await scene.run("take_message", message="Please call about the tooth.")
    (task,) = await scene.report.callbacks()
    assert (task.number, task.name) == (scene.facts.caller_number, "Dana Reed")
    assert task.message == (
        "Please call about the tooth.\nAsked to be called at: +12025550199\nUrgency: urgent"
    )


async def test_a_withheld_caller_who_gave_a_number_is_not_asked_again(scene: Scene) -> None:
    """And is promised a call, because there is a number to call."""
    scene.facts.caller_number = None
    await scene.run("save_details", callback_number="2025550199")
    result = await scene.run("take_message", message="My tooth hurts.")
    assert result.output["ok"]
    assert "call you back" in result.output["say"]
    (task,) = await scene.report.callbacks()
    assert task.number is None


def test_facts_of_one_call_are_not_anothers() -> None:
    """Every call begins knowing nothing."""
    one = CallFacts(call_sid="CA1", caller_number=None, our_number="+12025550100")
    two = CallFacts(call_sid="CA2", caller_number=None, our_number="+12025550100")
    assert one.lead == two.lead == Lead()
