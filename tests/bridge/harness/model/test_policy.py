"""The receptionist, driven by caller's lines and by answers as the tools give them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.harness.model import policy_words
from bridge.harness.model.policy import Receptionist
from bridge.harness.model.policy_types import CallTool, Policy, Say
from bridge.harness.model.policy_words import Contents
from bridge.harness.recording import CallerLine, Intent
from tests.bridge.harness.policy_scene import (
    BOOK,
    BOOKED,
    CHECK,
    CREATE,
    DANA,
    DAY,
    DONE,
    FIRST,
    GREETING,
    HALF_PAST,
    HELD,
    HOLD_1,
    MUMBLE,
    NO,
    OFFER,
    READ_BACK,
    TEXTED,
    TWO,
    YES,
    Conversation,
    line,
    slots,
)
from tools import spoken


def test_it_is_a_policy() -> None:
    """The model stand-in can be given a receptionist."""
    mind: Policy = Receptionist(GREETING)
    assert mind.next_turn(False) == [Say(GREETING)]


def test_a_booking_from_wish_to_goodbye() -> None:
    """The happy path: each answer of a tool is spoken word for word and leads to the next step."""
    call = Conversation()
    assert call.hear(BOOK) == [Say("Let me look."), CHECK]
    assert call.answer("check_availability", OFFER) == [Say(spoken.offer([TWO, HALF_PAST]))]
    assert call.hear(FIRST) == [Say("May I have your name, please?")]
    assert call.hear(DANA) == [HOLD_1]
    assert call.answer("hold_slot", HELD) == [Say(READ_BACK)]
    assert call.hear(YES) == [CREATE]
    assert call.answer("create_event", {"ok": True, "say": BOOKED}) == [
        Say(BOOKED),
        CallTool("send_confirmation", {}),
    ]
    assert call.answer("send_confirmation", TEXTED) == [
        Say("I've sent you a text."),
        Say("Is there anything else?"),
    ]
    assert call.hear(NO) == [Say("Thank you for calling. Goodbye."), CallTool("end_call", {})]


# --- offers and holds -------------------------------------------------------------


def test_a_name_said_early_is_not_asked_for() -> None:
    """Who said their name with the wish or the choice goes straight to the hold."""
    call = Conversation()
    call.hear(line(Intent.BOOK, service="cleaning", day=DAY, name="Dana Reed"))
    call.answer("check_availability", OFFER)
    assert call.hear(FIRST) == [HOLD_1]


def test_a_range_of_days_is_asked_for() -> None:
    """`until` widens the search."""
    (_, check) = Conversation().hear(
        line(Intent.BOOK, service="cleaning", day=DAY, until=DAY + timedelta(days=2))
    )
    assert isinstance(check, CallTool)
    assert (check.arguments["to_date"], check.arguments["part_of_day"]) == ("2026-11-27", "any")


def test_a_time_just_taken_leads_on_with_the_fresh_ones() -> None:
    """After a lost hold the options are the ones of the refusal."""
    call = Conversation().offered()
    call.hear(line(Intent.CHOOSE, option=1, name="Dana Reed"))
    say = spoken.just_taken([HALF_PAST])
    refused = {"ok": False, "say": say, "slots": slots(HALF_PAST, first=3)}
    assert call.answer("hold_slot", refused) == [Say(say)]
    assert call.hear(FIRST) == [
        CallTool("hold_slot", {"slot_id": "slot_3", "customer_name": "Dana Reed"}),
    ]


def test_an_option_that_was_not_offered_is_not_understood() -> None:
    """Nothing is held that no tool offered."""
    call = Conversation()
    not_caught = [CallTool("did_not_understand", {})]
    assert call.hear(FIRST) == not_caught
    assert call.offered().hear(line(Intent.CHOOSE, option=3)) == not_caught


def test_a_no_to_the_read_back_offers_the_times_again() -> None:
    """The hold no longer counts: a later yes books nothing."""
    call = Conversation().read_back()
    again = Say(f"I have {spoken.spoken_start(TWO)}, or {spoken.spoken_start(HALF_PAST)}.")
    assert call.hear(NO) == [again]
    assert call.hear(YES) == [again]
    assert call.hear(NO) == [Say("What day would suit you?")]


def test_a_corrected_name_is_held_and_read_back_anew() -> None:
    """The read-back must say what will be booked; the same name again just repeats it."""
    call = Conversation().read_back()
    assert call.hear(DANA) == [Say(READ_BACK)]
    renamed = CallTool("hold_slot", {"slot_id": "slot_1", "customer_name": "Diana Reed"})
    assert call.hear(line(Intent.NAME, name="Diana Reed")) == [renamed]


def test_a_new_wish_replaces_the_hold() -> None:
    """Another day asked for after the read-back is looked up; a yes then repeats no old hold."""
    call = Conversation().read_back()
    assert call.hear(BOOK) == [Say("Let me look."), CHECK]
    assert CREATE not in call.hear(YES)


# --- confirming -------------------------------------------------------------------


def test_a_hasty_receptionist_books_in_the_breath_of_the_read_back() -> None:
    """It asks before the caller could object, is refused, and asks again after the real yes."""
    call = Conversation(hasty=True).offered()
    call.hear(line(Intent.CHOOSE, option=1, name="Dana Reed"))
    assert call.answer("hold_slot", HELD) == [Say(READ_BACK), CREATE]
    call.mind.tool_answered("create_event", {"ok": False, "say": "", "problem": "wait"})
    assert call.hear(YES) == [CREATE]


def test_a_booking_is_never_repeated() -> None:
    """Once booked, another yes or choice books nothing more."""
    call = Conversation().booked()
    assert call.hear(YES) == [Say("Is there anything else?")]
    assert CallTool("did_not_understand", {}) in call.hear(FIRST)


def test_a_refusal_is_spoken_as_the_tool_words_it() -> None:
    """Without fresh times only the tool's sentence is said, and the hold is not asked for again."""
    call = Conversation().read_back()
    call.hear(YES)
    say = spoken.not_booked()
    assert call.answer("create_event", {"ok": False, "say": say}) == [Say(say)]
    assert CREATE not in call.hear(YES)


def test_a_withdrawn_booking_offers_what_the_tool_offers() -> None:
    """When a person's event came first, the fresh times are the options and the hold is gone."""
    call = Conversation().read_back()
    call.hear(YES)
    say = spoken.just_taken([HALF_PAST])
    withdrawn = {"ok": False, "say": say, "slots": slots(HALF_PAST, first=3)}
    assert call.answer("create_event", withdrawn) == [Say(say)]
    assert CREATE not in call.hear(YES)


def test_a_text_that_could_not_be_sent_is_told() -> None:
    """The booking stands, and the caller learns what did not happen."""
    call = Conversation().read_back()
    call.hear(YES)
    call.answer("create_event", {"ok": True, "say": BOOKED})
    failed = {"ok": False, "say": spoken.text_failed()}
    assert call.answer("send_confirmation", failed) == [
        Say(spoken.text_failed()),
        Say("Is there anything else?"),
    ]


# --- everything else a caller wants -----------------------------------------------


@pytest.mark.parametrize(
    ("said", "contents"),
    [
        (
            line(Intent.PERSON),
            [
                Say("One moment, I'll put you through."),
                CallTool("transfer_to_human", {"reason": "asks_for_a_person"}),
            ],
        ),
        (
            line(Intent.EMERGENCY),
            [
                Say("One moment, I'll put you through."),
                CallTool("transfer_to_human", {"reason": "emergency"}),
            ],
        ),
        (line(Intent.QUESTION, topic="parking"), [CallTool("answer_question", {"topic": "parking"})]),
        (line(Intent.MESSAGE, message="Call me."), [CallTool("take_message", {"message": "Call me."})]),
        (line(Intent.ASIDE), [CallTool("wait_for_user", {})]),
        (line(Intent.GOODBYE), [Say(policy_words.GOODBYE), CallTool("end_call", {})]),
        (NO, [Say(policy_words.GOODBYE), CallTool("end_call", {})]),
        (YES, [Say("How can I help you?")]),
        (DANA, [Say("How can I help you?")]),
        (MUMBLE, [CallTool("did_not_understand", {})]),
        (None, [CallTool("did_not_understand", {})]),
    ],
)
def test_what_the_first_words_of_a_caller_bring_about(said: CallerLine | None, contents: Contents) -> None:
    """Each meaning has its answer, also right after the greeting."""
    assert Conversation().hear(said) == contents


def test_a_yes_to_the_offer_of_a_person_fetches_one() -> None:
    """When the tool's apology ends in that offer, yes answers it, even with a booking waiting."""
    call = Conversation().read_back()
    call.hear(None)
    assert call.answer("did_not_understand", {"ok": True, "say": spoken.offer_person()})
    assert call.hear(YES)[1] == CallTool("transfer_to_human", {"reason": "asks_for_a_person"})
    assert call.hear(YES) == [CREATE]


def test_a_yes_to_the_offer_of_a_message_asks_for_it() -> None:
    """The caller is asked what to pass on, and their words are."""
    call = Conversation()
    call.hear(BOOK)
    call.answer("check_availability", {"ok": False, "say": spoken.calendar_unseen()})
    assert call.hear(YES) == [Say("What shall I pass on?")]


def test_the_apology_is_the_tools() -> None:
    """What the tool says about not understanding is spoken, and nothing of its own."""
    call = Conversation()
    call.hear(None)
    apology = {"ok": True, "say": spoken.not_understood()}
    assert call.answer("did_not_understand", apology) == [Say(spoken.not_understood())]


def test_a_message_carries_the_name_when_it_is_known() -> None:
    """Who told their name need not tell it twice."""
    call = Conversation()
    call.hear(DANA)
    assert call.hear(line(Intent.MESSAGE, message="Call me.")) == [
        CallTool("take_message", {"message": "Call me.", "name": "Dana Reed"}),
    ]


def test_an_owners_answer_is_spoken() -> None:
    """What answer_question returns is said as it is."""
    call = Conversation()
    call.hear(line(Intent.QUESTION, topic="parking"))
    words = "There is free parking behind the building."
    assert call.answer("answer_question", {"ok": True, "say": words}) == [Say(words)]


def test_a_transfer_that_cannot_be_is_told() -> None:
    """A refused transfer is spoken; one under way needs no more words."""
    call = Conversation()
    call.hear(line(Intent.PERSON))
    nobody = {"ok": False, "say": spoken.nobody_to_connect()}
    assert call.answer("transfer_to_human", nobody) == [Say(spoken.nobody_to_connect())]


# --- order and interruption -------------------------------------------------------


def test_who_speaks_before_the_greeting_hears_it_first() -> None:
    """The disclosure comes before anything else, then the wish is answered in the same turn."""
    mind = Receptionist(GREETING)
    mind.heard(BOOK)
    assert mind.next_turn(True) == [Say(GREETING), Say("Let me look."), CHECK]


def test_a_turn_without_tools_keeps_them_for_the_next() -> None:
    """A wish heard during a greeting that may use no tools is looked up right after it."""
    mind = Receptionist(GREETING)
    mind.heard(BOOK)
    assert mind.next_turn(False) == [Say(GREETING), Say("Let me look.")]
    assert mind.next_turn(True) == [CHECK]
    mind.heard(line(Intent.QUESTION, topic="parking"))
    assert mind.next_turn(False) == [Say("One moment, please.")]


def test_a_wish_spoken_over_an_answer_goes_first() -> None:
    """Who asks for a person while a tool runs is put through, whatever the tool found."""
    call = Conversation()
    call.hear(BOOK)
    call.mind.heard(line(Intent.PERSON))
    call.mind.tool_answered("check_availability", OFFER)
    assert call.turn()[0] == Say("One moment, I'll put you through.")


def test_the_opening_is_the_one_in_the_instructions() -> None:
    """A returning caller is greeted otherwise; what was said already is not said again."""
    mind = Receptionist(GREETING)
    mind.instructed('# Opening\nBegin with these words:\n"Hello again."\n', frozenset({"create_event"}))
    assert mind.next_turn(True) == [Say("Hello again.")]
    mind.instructed('"Hello a third time."', frozenset())
    assert Say("Hello a third time.") not in mind.next_turn(True)


def test_a_cough_does_not_undo_an_answer_or_a_wish() -> None:
    """An unclear sound between loses neither the tool's answer nor what was said before."""
    call = Conversation()
    call.hear(BOOK)
    call.mind.heard(None)
    call.mind.tool_answered("check_availability", OFFER)
    assert call.turn() == [Say(spoken.offer([TWO, HALF_PAST]))]
    call.mind.heard(line(Intent.CHOOSE, option=2, name="Dana Reed"))
    call.mind.heard(None)
    assert call.turn() == [CallTool("hold_slot", {"slot_id": "slot_2", "customer_name": "Dana Reed"})]


def test_a_choice_cuts_into_the_offer() -> None:
    """The times are known from the tool, so a barge-in can choose before they were all said."""
    call = Conversation().offered()
    assert call.hear(line(Intent.CHOOSE, option=1, name="Dana Reed")) == [HOLD_1]


def test_an_empty_turn_waits_for_a_running_tool() -> None:
    """Asked to speak with nothing to say, it waits; without tools it says that it is busy."""
    call = Conversation()
    call.hear(BOOK)
    assert call.turn() == [CallTool("wait_for_user", {})]


def test_an_empty_turn_asks_the_last_question_again() -> None:
    """With nothing running, where the conversation stands is asked again."""
    call = Conversation()
    assert call.turn() == [Say("How can I help you?")]
    call.hear(DANA)
    call.read_back()
    assert call.turn() == [Say(READ_BACK)]
    call = Conversation().offered()
    call.hear(FIRST)
    assert call.turn() == [Say("May I have your name, please?")]


def test_a_key_repeats_the_question_and_noise_is_told() -> None:
    """A note about a key is no words; the server's note about noise asks to say so."""
    call = Conversation().read_back()
    call.mind.noted("user", "(The caller pressed 5 on the telephone's keypad.)")
    assert call.turn() == [Say(READ_BACK)]
    call.mind.noted("system", "There has been unbroken noise on the line.")
    assert call.turn() == [Say(policy_words.TOO_NOISY)]


EVENTS = st.one_of(
    st.sampled_from([BOOK, FIRST, DANA, YES, NO, MUMBLE, None, line(Intent.ASIDE), line(Intent.PERSON)]).map(
        lambda said: ("heard", said)
    ),
    st.sampled_from(
        [
            ("check_availability", OFFER),
            ("check_availability", {"ok": False, "say": spoken.calendar_unseen()}),
            ("hold_slot", HELD),
            ("hold_slot", {"ok": False, "say": spoken.just_taken([]), "slots": []}),
            ("create_event", {"ok": True, "say": BOOKED}),
            ("send_confirmation", TEXTED),
            ("did_not_understand", DONE),
            ("wait_for_user", DONE),
        ]
    ).map(lambda answer: ("answered", answer)),
    st.sampled_from([True, False]).map(lambda allowed: ("turn", allowed)),
    st.just(("noted", "(The caller pressed 5 on the telephone's keypad.)")),
)


@given(st.lists(EVENTS, max_size=30))
def test_any_order_of_events_gives_sensible_turns(events: list[tuple[str, Any]]) -> None:
    """No turn is empty, none says nothing, none uses a tool that is not allowed."""
    mind = Receptionist(GREETING)
    for kind, what in [*events, ("turn", False), ("turn", True)]:
        if kind == "heard":
            mind.heard(what)
        elif kind == "answered":
            mind.tool_answered(*what)
        elif kind == "noted":
            mind.noted("user", what)
        else:
            contents = mind.next_turn(what)
            assert contents
            assert all(part.text for part in contents if isinstance(part, Say))
            assert what or all(isinstance(part, Say) for part in contents)
