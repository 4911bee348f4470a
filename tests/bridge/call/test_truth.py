"""The truth guard: receipts and claims, then whole conversations with the session."""

import pytest

from bridge.call import messages as m
from bridge.call.phases import EndReason
from bridge.call.truth import AUDIBLE_MS, FASTEST_MS, MOST_UNTRUTHS, TruthGuard, Untruth
from tests.bridge.call.talk import Talk, audio, kinds, only
from tools.result import Claim, Receipt, Reply, Then, ToolResult

BOOKED = "You're booked: cleaning on Wednesday, November twenty-fifth at two PM."
NOT_ASKED = ToolResult(output={"ok": True, "say": ""}, reply=Reply.NONE)


def granted(claim: Claim, booking: str = "", say: str = "", *, proposal: str | None = None) -> ToolResult:
    receipts = (Receipt(claim, booking),)
    return ToolResult(output={"ok": True, "say": say}, receipts=receipts, proposal=proposal, closes_gate=True)


WEDNESDAY = granted(Claim.BOOKED, "b1", BOOKED)
A_PROPOSAL = ToolResult(output={"ok": True, "say": "Shall I book it?"}, proposal="hold_2")


def untruths(guard: TruthGuard, text: str) -> list[Claim]:
    """What of a text the guard objects to first, if anything."""
    found = (guard.read("item", text), guard.finish("item"))
    return [untruth.claim for untruth in found if untruth is not None]


def guard_after(*results: ToolResult) -> TruthGuard:
    guard = TruthGuard()
    for result in results:
        guard.learn(result)
    return guard


# --- receipts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        (Claim.BOOKED, "You're booked."),
        (Claim.MOVED, "Your appointment is now Tuesday at two."),
        (Claim.CANCELLED, "I've cancelled it."),
        (Claim.TEXTED, "I've sent you a text."),
        (Claim.TRANSFERRING, "I'm connecting you now."),
    ],
)
def test_a_claim_needs_its_own_receipt(claim: Claim, text: str) -> None:
    """Each claim is an untruth without a receipt, and true with the receipt for it."""
    assert untruths(guard_after(), text) == [claim]
    assert untruths(guard_after(granted(claim)), text) == []
    others = [granted(other) for other in Claim if other not in (claim, Claim.MOVED, Claim.CANCELLED)]
    assert untruths(guard_after(*others), text) == [claim]


def test_a_true_claim_may_be_repeated() -> None:
    """A receipt counts for the rest of the call."""
    guard = guard_after(WEDNESDAY)
    for _ in range(3):
        assert untruths(guard, BOOKED) == []


MESSAGE = granted(Claim.PASSED_ON, say="Thank you. I've taken your message, and someone will call you back.")


def test_after_a_message_all_is_set_in_general() -> None:
    """True of the message; without one, or of what has a day, a time or a name of its own, it is not."""
    for text in ("You're all set.", "That's all taken care of, someone will call you back."):
        assert untruths(guard_after(MESSAGE), text) == []
        assert untruths(guard_after(), text) == [Claim.BOOKED]
    for text in (
        "You're all set for Thursday.",
        "You're all set for two PM.",
        "Your appointment is all set.",
        "Your cleaning is all taken care of.",
        "You're booked.",
    ):
        assert untruths(guard_after(MESSAGE), text) == [Claim.BOOKED], text
    assert untruths(guard_after(MESSAGE), "I've cancelled it.") == [Claim.CANCELLED]
    assert untruths(guard_after(MESSAGE), "I've sent you a text.") == [Claim.TEXTED]


def test_a_message_settles_nothing_once_times_are_spoken_about() -> None:
    """The caller asks for a time after all: "all set" would be heard as booked."""
    times = ToolResult(output={"ok": True, "say": "I have noon.", "slots": [{"id": "slot_1"}]})
    for later in (times, A_PROPOSAL):
        assert untruths(guard_after(MESSAGE, later), "You're all set.") == [Claim.BOOKED]
    assert untruths(guard_after(times, MESSAGE), "You're all set.") == []


def test_a_refused_tool_grants_nothing() -> None:
    """Only what was committed counts, not what was tried."""
    refused = ToolResult(output={"ok": False, "say": "I'm sorry, I couldn't book that."}, error_code="taken")
    assert untruths(guard_after(refused), BOOKED) == [Claim.BOOKED]


def test_a_cancelled_booking_is_no_longer_booked() -> None:
    """Cancelling voids the receipt of its own booking and of no other."""
    friday = granted(Claim.BOOKED, "b2", "You're booked: check-up on Friday.")
    guard = guard_after(WEDNESDAY, friday, granted(Claim.CANCELLED, "b1", "The Wednesday one is cancelled."))
    assert untruths(guard, "You're booked for Wednesday.") == [Claim.BOOKED]
    assert untruths(guard, "You're booked for Friday.") == []
    assert untruths(guard, "I've cancelled the Wednesday appointment.") == []


def test_a_moved_booking_is_booked_at_its_new_time_only() -> None:
    """The old day is no longer true, and the text sent for it says nothing of the new one."""
    moved = granted(Claim.MOVED, "b1", "Your cleaning is now on Friday at nine.")
    guard = guard_after(WEDNESDAY, granted(Claim.TEXTED, "b1"), moved)
    assert untruths(guard, "You're booked for Friday.") == []
    assert untruths(guard, "You're booked for Wednesday.") == [Claim.BOOKED]
    assert untruths(guard, "I've sent you a text.") == [Claim.TEXTED]


def test_a_move_takes_the_place_of_what_it_moved() -> None:
    """The new reservation has an id of its own: neither the old booking nor an earlier move is true then."""

    def moved(to: str, replaces: str, day: str) -> ToolResult:
        say = f"It's moved: cleaning on {day}."
        receipts = (Receipt(Claim.MOVED, to, replaces=replaces),)
        return ToolResult(output={"ok": True, "say": say}, receipts=receipts, closes_gate=True)

    guard = guard_after(WEDNESDAY, moved("b2", "b1", "Friday"))
    assert untruths(guard, "You're booked for Wednesday.") == [Claim.BOOKED]
    guard.learn(moved("b3", "b2", "Monday"))
    assert untruths(guard, "It's moved to Friday.") == [Claim.MOVED]
    assert untruths(guard, "It's moved to Monday.") == []
    guard.learn(granted(Claim.CANCELLED, "b3", "It's cancelled: cleaning on Monday."))
    assert untruths(guard, "You're booked for Monday.") == [Claim.BOOKED]


def test_bookings_that_were_found_are_covered_day_by_day() -> None:
    """What find_bookings or the greeting told may be said; what was moved or cancelled since may not."""
    both = "You have a cleaning on Thursday, November twenty-sixth at two PM, and a filling on Friday."
    found = ToolResult(
        output={"ok": True, "say": both},
        receipts=(
            Receipt(Claim.BOOKED, "b1", says="You have a cleaning on Thursday."),
            Receipt(Claim.BOOKED, "b2", says="You have a filling on Friday."),
        ),
    )
    guard = guard_after(found)
    assert untruths(guard, both) == []
    assert untruths(guard, "You're booked for Thursday, and your filling is confirmed for Friday.") == []
    assert untruths(guard, "You're booked for Monday.") == [Claim.BOOKED]
    assert untruths(guard, "I've cancelled the Thursday one.") == [Claim.CANCELLED]
    moved = ToolResult(
        output={"ok": True, "say": "It's moved: cleaning on Monday."},
        receipts=(Receipt(Claim.MOVED, "b3", replaces="b1"),),
    )
    guard.learn(moved)
    assert untruths(guard, "I've moved your cleaning from Thursday to Monday.") == []
    assert untruths(guard, "You're booked for Thursday.") == [Claim.BOOKED]
    guard.learn(granted(Claim.CANCELLED, "b2", "It's cancelled: filling on Friday."))
    assert untruths(guard, "Your filling on Friday is cancelled, and you're booked for Monday.") == []
    assert untruths(guard, "Your filling is confirmed for Friday.") == [Claim.BOOKED]


def test_all_set_is_true_of_whatever_was_done() -> None:
    """Said in general it may be about a cancellation; said of a day it is a booking."""
    guard = guard_after(granted(Claim.CANCELLED, "b1", "It's cancelled: cleaning on Friday."))
    for text in ("You're all set.", "That's taken care of."):
        assert untruths(guard, text) == []
        assert untruths(guard_after(), text) == [Claim.BOOKED]
    assert untruths(guard, "You're all set for Friday.") == [Claim.BOOKED]
    guard.learn(A_PROPOSAL)
    assert untruths(guard, "You're all set.") == [Claim.BOOKED]


def test_a_booking_instead_of_another_day_is_a_booking_or_a_move() -> None:
    """The caller's wish may have changed before anything was booked; a move says that it moved something."""
    assert untruths(guard_after(WEDNESDAY), "You're booked for Wednesday instead of Tuesday.") == []
    assert untruths(guard_after(WEDNESDAY), "You're booked for Thursday instead of Tuesday.") == [Claim.MOVED]
    assert untruths(guard_after(WEDNESDAY), "I've moved you to Wednesday.") == [Claim.MOVED]


def test_a_text_with_a_code_is_no_text_about_a_booking() -> None:
    """What was sent to prove the number tells nothing of a time."""
    guard = guard_after(WEDNESDAY, granted(Claim.TEXTED, say="I've sent you a text with a code."))
    assert untruths(guard, "I've sent you a text with a code.") == []
    assert untruths(guard, "I've texted you the details.") == [Claim.TEXTED]


def test_a_day_that_was_not_booked_is_an_untruth() -> None:
    """The right claim about the wrong day is wrong."""
    assert untruths(guard_after(WEDNESDAY), "I've booked you for Thursday at two.") == [Claim.BOOKED]


def test_what_is_only_proposed_is_not_covered_by_an_older_receipt() -> None:
    """A second booking is claimed by nothing but its own result."""
    guard = guard_after(WEDNESDAY, A_PROPOSAL)
    assert untruths(guard, "That's booked for you.") == [Claim.BOOKED]
    assert untruths(guard, "You're booked for Wednesday, and I can add Friday.") == []
    guard.learn(granted(Claim.BOOKED, "b2", "You're booked: check-up on Friday."))
    assert untruths(guard, "That's booked for you.") == []


def test_a_text_tells_of_the_booking_it_was_sent_for() -> None:
    """After another booking there is another text to send; being told of a booking again changes nothing."""
    guard = guard_after(WEDNESDAY, granted(Claim.TEXTED, "b1"), WEDNESDAY)
    assert untruths(guard, "I've texted you the details.") == []
    guard.learn(granted(Claim.BOOKED, "b2", "You're booked: check-up on Friday."))
    assert untruths(guard, "I've texted you the details.") == [Claim.TEXTED]


def test_looking_bookings_up_takes_no_text_back() -> None:
    """What is found was booked before: the text about this call's booking is as true as it was."""
    guard = guard_after(WEDNESDAY, granted(Claim.TEXTED, "b1"))
    say = "You have a cleaning on Wednesday, and a check-up on Friday."
    receipts = (Receipt(Claim.BOOKED, "b1"), Receipt(Claim.BOOKED, "b2"))
    guard.learn(ToolResult(output={"ok": True, "say": say}, receipts=receipts))
    assert untruths(guard, "I've texted you the details.") == []
    assert untruths(guard, "You're booked for Friday.") == []


def test_an_untruth_is_found_before_its_sentence_ends() -> None:
    """The clause is enough: the rest of the sentence would be seconds of sound."""
    guard = TruthGuard()
    assert guard.read("item", "You're booked") is None
    found = guard.read("item", ":")
    assert found == Untruth("item", Claim.BOOKED, 0, 14)


def test_a_last_clause_without_a_stop_is_judged_when_the_item_ends() -> None:
    """Nothing is forgotten for a missing full stop."""
    guard = TruthGuard()
    assert guard.read("item", "Okay, you're booked") is None
    assert guard.finish("item") is not None


def test_in_doubt_the_claim_was_heard() -> None:
    """Before it could have sounded it was not heard; words that lag behind their sound prove nothing."""
    at_once = Untruth("item", Claim.BOOKED, 0, 14)
    assert not at_once.was_heard(AUDIBLE_MS, 2000)
    assert at_once.was_heard(AUDIBLE_MS + 20, 2000)
    later = Untruth("item", Claim.BOOKED, 50, 100)
    assert not later.was_heard(1000, 5000)  # about half way
    assert later.was_heard(50 * FASTEST_MS + AUDIBLE_MS + 20, 60_000)


def test_the_note_says_what_is_true() -> None:
    """The model learns what it said, whether it was heard, and what stands."""
    guard = guard_after(WEDNESDAY)
    untruth = Untruth("item", Claim.TEXTED, 0, 10)
    assert "text" in guard.note(untruth, heard=True)
    assert BOOKED in guard.note(untruth, heard=True)
    assert "sorry" in guard.note(untruth, heard=True)
    assert "do not mention it" in guard.note(untruth, heard=False)
    assert "Nothing has been booked" in guard_after().note(untruth, heard=False)


# --- conversations ------------------------------------------------------------------


def asked(talk: Talk) -> Talk:
    """The caller has said yes, and the model answers in turn t1."""
    talk.says("yes", 0.5)
    talk.at(2.0).tell(m.TurnStarted("t1"))
    return talk


def words(text: str, item: str = "lie", turn: str = "t1") -> m.SpokenWordsArrived:
    return m.SpokenWordsArrived(turn, item, text)


def test_a_claim_whose_sound_has_not_come_is_never_played() -> None:
    """Words run ahead: turn cancelled, item deleted, model told, one new turn asked once the old is over."""
    talk = asked(Talk().greeted())
    actions = talk.tell(words("You're booked:"))
    assert kinds(actions) == ["CancelTurn", "RecordReview", "DeleteItem", "SendNote"]
    assert only(actions, m.RecordReview)[0].reason == "claimed_booked_unheard"
    assert talk.tell(m.SpokenAudioArrived("t1", "lie", audio(500)), words(" cleaning on Friday.")) == []
    assert talk.tell(m.ItemFinished("t1", "lie", "message", False)) == []
    assert kinds(talk.tell(m.TurnFinished("t1", "cancelled", "client_cancelled"))) == ["CreateTurn"]


def test_a_claim_in_the_queue_is_cleared_before_it_is_heard() -> None:
    """Sound that waits at the telephone is dropped; true words before the claim keep what was heard."""
    talk = asked(Talk().greeted())
    talk.tell(words("Thank you, Dana. "), m.SpokenAudioArrived("t1", "lie", audio(1500)))
    talk.at(2.4)
    actions = talk.tell(words("You're booked."))
    assert kinds(actions) == [
        "CancelTurn", "RecordReview", "ClearPlayback", "RecordTurn", "TruncateItem", "SendNote",
    ]  # fmt: skip
    assert only(actions, m.TruncateItem)[0].heard_ms == 400
    assert only(actions, m.RecordReview)[0].reason == "claimed_booked_unheard"
    assert "do not mention" in only(actions, m.SendNote)[0].text
    assert not only(actions, m.RecordInterruption)  # the caller cut nobody short


def test_a_claim_that_was_heard_is_put_right_aloud() -> None:
    """Where the words came late, the model is told to say that it is not so."""
    talk = asked(Talk().greeted())
    talk.tell(m.SpokenAudioArrived("t1", "lie", audio(3000)))
    talk.at(4.0)
    actions = talk.tell(words("You're booked for Friday."))
    assert only(actions, m.RecordReview)[0].reason == "claimed_booked_heard"
    assert "sorry" in only(actions, m.SendNote)[0].text


def test_a_claim_heard_to_the_last_frame_is_cut_from_the_models_memory() -> None:
    """Also when nothing waits to be played any more, the model must not remember having said it."""
    talk = asked(Talk().greeted())
    talk.tell(m.SpokenAudioArrived("t1", "lie", audio(360)))
    talk.at(3.0)
    actions = talk.tell(words("You're booked."))
    assert kinds(actions) == ["CancelTurn", "RecordReview", "RecordTurn", "TruncateItem", "SendNote"]
    assert talk.tell(m.SpokenAudioArrived("t1", "lie", audio(400))) == []


def test_a_claim_found_at_the_end_of_its_item_is_unsaid_too() -> None:
    """A clause without a stop is complete when its item is; the turn may be over by then."""
    talk = asked(Talk().greeted())
    talk.tell(words("Okay, you're booked"), m.SpokenAudioArrived("t1", "lie", audio(2000)))
    actions = talk.tell(m.ItemFinished("t1", "lie", "message", True))
    assert "ClearPlayback" in kinds(actions)
    assert "SendNote" in kinds(actions)


def test_a_claim_after_its_receipt_is_played() -> None:
    """The honest way: the tool answers, then the agent says so."""
    talk = asked(Talk().greeted())
    talk.tell(m.ToolCalled("t1", "i1", "c1", "create_event", "{}"), m.TurnFinished("t1", "completed"))
    talk.tell(m.ToolFinished("c1", WEDNESDAY))
    talk.at(4.0)
    actions = talk.turn("t2", "true", 2000, BOOKED)
    assert "PlayAudio" in kinds(actions)
    assert not only(talk.done, m.RecordReview)


def test_a_claim_in_the_breath_of_its_tool_call_is_too_early() -> None:
    """While the tool runs nothing is known yet; its answer and the correction get one turn between them."""
    talk = asked(Talk().greeted())
    talk.tell(m.ToolCalled("t1", "i1", "c1", "create_event", "{}"))
    actions = talk.tell(words("You're booked."))
    assert kinds(actions) == ["CancelTurn", "RecordReview", "DeleteItem", "SendNote"]
    talk.tell(m.ToolFinished("c1", WEDNESDAY))
    assert kinds(talk.tell(m.TurnFinished("t1", "cancelled", "client_cancelled"))) == ["CreateTurn"]
    talk.turn("t2", "true", 2000, BOOKED)
    talk.at(10.0)
    assert len(only(talk.done, m.CreateTurn)) == 2  # the greeting's, and this one


def test_a_goodbye_with_an_untruth_in_it_is_taken_back() -> None:
    """Nobody is hung up on with a false belief."""
    talk = asked(Talk().greeted())
    hang_up = ToolResult(output={"ok": True, "say": ""}, reply=Reply.NONE, then=Then.HANG_UP)
    talk.tell(m.ToolCalled("t1", "i1", "c1", "end_call", "{}"), m.ToolFinished("c1", hang_up))
    assert talk.session.phase.name == "LEAVING"
    actions = talk.tell(words("You're booked. Goodbye!"))
    assert talk.session.phase.name == "TALKING"
    assert "SendNote" in kinds(actions)


def test_on_the_way_to_a_person_an_untruth_is_only_silenced() -> None:
    """The person will know better; the handoff goes on."""
    talk = asked(Talk().greeted())
    transfer = granted(Claim.TRANSFERRING)
    transfer = ToolResult(
        output=transfer.output, receipts=transfer.receipts, reply=Reply.NONE, then=Then.TRANSFER
    )
    talk.tell(m.ToolCalled("t1", "i1", "c1", "transfer_to_human", "{}"), m.ToolFinished("c1", transfer))
    actions = talk.tell(words("I've booked you as well."))
    assert kinds(actions) == ["CancelTurn", "RecordReview", "DeleteItem"]
    end = talk.tell(m.TurnFinished("t1", "cancelled", "client_cancelled"))
    assert end == [m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)]


def lie_again(talk: Talk, number: int) -> list[m.Action]:
    turn = f"lie_{number}"
    return talk.tell(
        m.TurnStarted(turn),
        words("You're booked.", f"item_{number}", turn),
        m.TurnFinished(turn, "cancelled", "client_cancelled"),
    )


def test_a_model_that_keeps_lying_is_given_up() -> None:
    """The caller is not kept in silence by a model that will not learn: a person."""
    talk = Talk().greeted()
    talk.says("yes", 0.5)
    talk.at(2.0)
    for number in range(MOST_UNTRUTHS - 1):
        assert not only(lie_again(talk, number), m.EndStream)
    end = lie_again(talk, MOST_UNTRUTHS)[-1]
    assert end == m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_UNTRUTHFUL)


def test_lies_are_counted_anew_when_the_caller_has_spoken() -> None:
    """A call in which now and then a claim comes too early goes on."""
    talk = Talk().greeted()
    for number in range(2 * MOST_UNTRUTHS):
        talk.says(f"u{number}", 0.5)
        assert not only(lie_again(talk, number), m.EndStream)
