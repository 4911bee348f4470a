"""What a read-back must name: day and hour, in any words, and no other time."""

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.tools.scene import Scene
from tools import spoken
from tools.facts import CallFacts
from tools.read_back import MOST_REPEATED, names, once_more, to_book, to_cancel, to_move
from tools.result import Gate, ReadBack, Reply, ToolResult


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize("hour", range(24))
def test_the_tools_own_sentence_names_it(hour: int) -> None:
    """Whatever the start, the sentence that the tool gives is a read-back of it, and of no other."""
    for day, minute in itertools.product((1, 2, 3, 20, 22, 25, 30), (0, 5, 15, 30, 45)):
        start = at(day, hour, minute)
        said = spoken.read_back("cleaning", "Dana Reed", start)
        assert names(to_book(start), said)
        for other in ((hour + 1) % 24, (hour + 12) % 24):
            assert not names(to_book(at(day, other, minute)), said)
        assert not names(to_book(at(day, hour, (minute + 15) % 60)), said)
        assert not names(to_book(at(day % 30 + 1, hour, minute)), said)


TWO = to_book(at(25, 14))
HALF_PAST_TWO = to_book(at(25, 14, 30))


@pytest.mark.parametrize(
    ("read_back", "words"),
    [
        (TWO, "So that's a cleaning on Wednesday at 2 p.m., shall I book it?"),
        (TWO, "wednesday the twenty-fifth, 2PM?"),
        (TWO, "A check-up on November 25th at 2:00 PM. Is that right?"),
        (TWO, "November twenty-five at two in the afternoon, yes?"),
        (TWO, "The 25th of November, two o’clock?"),
        (TWO, "Wednesday at 14:00."),
        (HALF_PAST_TWO, "Wednesday at 2:30."),
        (HALF_PAST_TWO, "Wednesday, half past two"),
        (HALF_PAST_TWO, "Wednesday at two thirty PM"),
        (HALF_PAST_TWO, "Wednesday, 2.30 p.m."),
        (HALF_PAST_TWO, "the 25th at thirty minutes past 2"),
        (to_book(at(25, 14, 45)), "Wednesday, quarter to three"),
        (to_book(at(25, 9, 5)), "Wednesday at 9:05 a.m."),
        (to_book(at(25, 12)), "Wednesday at noon"),
        (to_book(at(25, 12)), "Wednesday at 12 p.m."),
        (to_book(at(2, 14, month=12)), "December 2 at 2"),
    ],
)
def test_other_words_for_the_same(read_back: ReadBack, words: str) -> None:
    """Weekday or date, hour on either clock, digits or words: all name it."""
    assert names(read_back, words)


@pytest.mark.parametrize(
    ("read_back", "words"),
    [
        (TWO, ""),
        (TWO, "One moment, please."),
        (TWO, "Shall I book it?"),
        (TWO, "Shall I book that time for you on Wednesday?"),
        (TWO, "At two, then?"),
        (TWO, "Thursday at two, is that right?"),
        (TWO, "Wednesday at three?"),
        (TWO, "Wednesday at two thirty?"),
        (TWO, "Wednesday at half past two?"),
        (TWO, "Wednesday at 2 a.m.?"),
        (TWO, "Wednesday at 2:00 in the morning?"),
        (TWO, "Wednesday at twenty-two hundred?"),
        (HALF_PAST_TWO, "Wednesday at two?"),
        (HALF_PAST_TWO, "Wednesday at 3:30?"),
        (to_book(at(2, 14, month=12)), "December 2 at five."),
        (to_book(at(2, 14, month=12)), "One second. At two?"),
    ],
)
def test_what_does_not_name_it(read_back: ReadBack, words: str) -> None:
    """Without the day, without the hour, or with another one, a yes agrees to nothing."""
    assert not names(read_back, words)


def test_a_change_is_named_with_what_is_done() -> None:
    """Who only hears when their appointment is has not agreed to lose it."""
    start = at(25, 14)
    assert names(to_cancel(start), "Shall I cancel your cleaning on Wednesday at two?")
    assert not names(to_cancel(start), "Your cleaning is on Wednesday at two. Is that right?")
    assert names(to_move(start), "Shall I move it to Wednesday at two?")
    assert not names(to_move(start), "You have a cleaning on Wednesday at two. Is that right?")


def test_a_text_is_agreed_to_only_where_it_was_asked_about() -> None:
    """The yes is a consent to be texted, so the question must have been heard."""
    said = spoken.read_back("cleaning", "Dana Reed", at(25, 14))
    assert not names(to_book(at(25, 14), asks_to_text=True), said)
    asked = said.replace("Shall I book it?", "Shall I book it, and text you the details?")
    assert names(to_book(at(25, 14), asks_to_text=True), asked)


@pytest.mark.parametrize("person", [True, False])
def test_it_is_asked_for_again_only_so_often(person: bool) -> None:
    """A model that never names it, or one whose words never come, keeps nobody in a circle."""
    facts = CallFacts(call_sid="CA1", caller_number=None, our_number="+12025550100")
    asked = [once_more(facts, "To confirm.", person=person) for _ in range(MOST_REPEATED)]
    assert [error.say for error in asked] == ["To confirm."] * MOST_REPEATED
    assert all(error.problem for error in asked)
    last = once_more(facts, "To confirm.", person=person)
    assert last.say == spoken.not_settled(person)
    assert {error.code for error in (*asked, last)} == {"not_read_back"}


# --- with a hold --------------------------------------------------------------------


async def book(scene: Scene, hold_id: str, gate: Gate = Gate.OPEN) -> ToolResult:
    return await scene.run("create_event", gate, hold_id=hold_id, customer_name="Dana Reed")


async def test_a_hold_is_named_by_its_own_sentence(scene: Scene) -> None:
    """What hold_slot says is what the gate then asks for."""
    await scene.ask_tuesday()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert result.read_back is not None
    assert names(result.read_back, result.output["say"])


async def test_what_was_not_read_back_is_read_back_and_not_booked(scene: Scene) -> None:
    """The caller answered something else: the model says the sentence, and a yes to that books."""
    hold_id = await scene.hold_first()
    result = await book(scene, hold_id, Gate.NOT_READ_BACK)
    assert not result.output["ok"]
    slot = scene.facts.offered[scene.facts.held_slot_id or ""]
    assert result.output["say"] == spoken.read_back("cleaning", "Dana Reed", slot.start, ask_to_text=True)
    assert (result.reply, result.error_code) == (Reply.MODEL, "not_read_back")
    assert not result.closes_gate
    assert scene.calendar.ours() == []
    assert (await book(scene, hold_id)).output["ok"]
    assert scene.facts.read_backs_missed == 0


async def test_a_model_that_never_reads_back_ends_at_a_person(scene: Scene) -> None:
    """Twice the sentence, then somebody who can settle it; nothing is booked."""
    hold_id = await scene.hold_first()
    says = [(await book(scene, hold_id, Gate.NOT_READ_BACK)).output["say"] for _ in range(4)]
    assert says[0] == says[1] != says[2] == says[3] == spoken.not_settled(person=True)
    assert scene.calendar.ours() == []
