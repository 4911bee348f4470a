"""The turn gate: never two at once, never over the caller, one per batch."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bridge.call.turns import (
    ASK_LOST_S,
    REFUSED_ALREADY_SPEAKING,
    REFUSED_PAUSE_S,
    SERVER_TURN_S,
    Floor,
    TurnGate,
)


def test_a_wish_is_asked_once() -> None:
    """Several wishes before the turn starts make one turn."""
    gate = TurnGate()
    gate.want()
    gate.want()
    assert gate.may_ask(0.0)
    gate.asked("e1", 0.0)
    assert not gate.may_ask(0.1)
    gate.turn_started("t1")
    gate.turn_finished("t1")
    assert not gate.may_ask(0.2)


def test_somebody_waits_from_the_wish_to_the_end_of_the_turn() -> None:
    """A pause before a retry is ours; a session that is gone takes every wish with it."""
    gate = TurnGate()
    assert not gate.is_due
    gate.want()
    gate.wait(5.0)
    assert gate.is_due
    assert gate.is_held(4.9)
    assert not gate.is_held(5.0)
    gate.asked("e1", 5.0)
    gate.turn_started("t1", "e1")
    assert gate.is_due
    gate.turn_finished("t1")
    assert not gate.is_due
    gate.want()
    gate.forget_all()
    assert not gate.is_due


def test_nothing_is_asked_while_a_turn_runs() -> None:
    """A wish during a turn waits for its end."""
    gate = TurnGate()
    gate.turn_started("t1")
    gate.want(after_item="output_1")
    assert not gate.may_ask(0.0)
    gate.turn_finished("t1")
    assert gate.may_ask(0.0)


def test_nothing_is_asked_while_the_caller_speaks_nor_right_after() -> None:
    """The model begins a turn by itself after the caller; ours would be the second."""
    gate = TurnGate()
    gate.caller_began()
    gate.want()
    assert not gate.may_ask(10.0)
    assert gate.deadline() is None
    gate.caller_stopped(10.0)
    assert not gate.may_ask(10.0)
    assert gate.deadline() == 10.0 + SERVER_TURN_S
    assert gate.may_ask(10.0 + SERVER_TURN_S)


def test_the_models_own_turn_serves_a_wish_it_has_seen() -> None:
    """A turn that began after our item was taken in answers it; no second one is asked."""
    gate = TurnGate()
    gate.caller_began()
    gate.want(after_item="output_1")
    gate.item_accepted("output_1")
    gate.caller_stopped(1.0)
    gate.turn_started("own")
    gate.turn_finished("own")
    assert not gate.may_ask(9.0)


def test_the_models_own_turn_does_not_serve_a_wish_it_has_not_seen() -> None:
    """A turn that began before our item arrived cannot have used it."""
    gate = TurnGate()
    gate.want(after_item="output_1")
    gate.turn_started("own")
    gate.item_accepted("output_1")
    gate.turn_finished("own")
    assert gate.may_ask(9.0)


def test_a_refusal_because_of_a_running_turn_is_benign() -> None:
    """The race with the model's own turn keeps the wish only if that turn came too early for it."""
    gate = TurnGate()
    gate.want(after_item="output_1")
    gate.asked("e1", 0.0)
    gate.turn_started("own")
    gate.item_accepted("output_1")
    gate.faulted(REFUSED_ALREADY_SPEAKING, "e1", 0.1)
    gate.turn_finished("own")
    assert gate.may_ask(1.0)
    served = TurnGate()
    served.want()
    served.asked("e1", 0.0)
    served.turn_started("own")
    served.faulted(REFUSED_ALREADY_SPEAKING, "e1", 0.1)
    served.turn_finished("own")
    assert not served.may_ask(1.0)


def test_an_utterance_the_model_could_not_answer_is_answered_later() -> None:
    """The model's own refused turn (no event id) becomes a wish of ours."""
    gate = TurnGate()
    gate.turn_started("greeting")
    gate.faulted(REFUSED_ALREADY_SPEAKING, None, 0.0)
    gate.turn_finished("greeting")
    assert gate.may_ask(REFUSED_PAUSE_S)


def test_other_faults_free_the_floor_without_repeating_the_wish() -> None:
    """An ask refused for any other reason is not repeated blindly."""
    gate = TurnGate()
    gate.want()
    gate.asked("e1", 0.0)
    gate.faulted("invalid_value", "e1", 0.1)
    assert gate.floor is Floor.FREE
    assert not gate.may_ask(9.0)


def test_an_ask_without_an_answer_is_repeated() -> None:
    """Neither a turn nor a fault for some seconds: ask again."""
    gate = TurnGate()
    gate.want()
    gate.asked("e1", 0.0)
    assert gate.deadline() == ASK_LOST_S
    assert not gate.may_ask(ASK_LOST_S - 0.1)
    assert gate.may_ask(ASK_LOST_S)


def test_noise_is_followed_by_no_turn_of_the_models_own() -> None:
    """So nothing is waited for: the wish may be asked at once."""
    gate = TurnGate()
    gate.caller_began()
    gate.want()
    assert not gate.may_ask(0.0)
    gate.was_noise()
    assert gate.may_ask(0.0)


def test_a_finish_for_an_unknown_turn_changes_nothing() -> None:
    """Around interruptions a finish may come for a turn that was never seen to start."""
    gate = TurnGate()
    gate.turn_started("t1")
    gate.turn_finished("ghost")
    assert gate.floor is Floor.TAKEN


class Orders(RuleBasedStateMachine):
    """Any order of signals: we ask only on a free floor, and never over the caller."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = TurnGate()
        self.now = 0.0
        self.running: str | None = None
        self.number = 0

    @rule(seconds=st.floats(0.01, 8))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(item=st.sampled_from([None, "i1", "i2"]))
    def somebody_wants(self, item: str | None) -> None:
        self.gate.want(item)

    @rule(item=st.sampled_from(["i1", "i2"]))
    def item_is_taken_in(self, item: str) -> None:
        self.gate.item_accepted(item)

    @rule()
    def caller_begins(self) -> None:
        self.gate.caller_began()

    @rule()
    def caller_stops(self) -> None:
        self.gate.caller_stopped(self.now)

    @rule()
    def a_turn_starts(self) -> None:
        if self.running is None:
            self.number += 1
            self.running = f"t{self.number}"
            self.gate.turn_started(self.running)

    @rule()
    def the_turn_ends(self) -> None:
        if self.running is not None:
            self.gate.turn_finished(self.running)
            self.running = None

    @rule(code=st.sampled_from([REFUSED_ALREADY_SPEAKING, "server_error"]))
    def a_fault_comes(self, code: str) -> None:
        self.gate.faulted(code, f"e{self.number}", self.now)

    @rule()
    def the_session_asks_when_it_may(self) -> None:
        if self.gate.may_ask(self.now):
            assert self.running is None
            assert not self.gate.caller_speaking
            self.number += 1
            self.gate.asked(f"e{self.number}", self.now)
            assert not self.gate.may_ask(self.now)

    @invariant()
    def a_deadline_in_the_past_means_that_asking_is_due(self) -> None:
        """Otherwise the call's timer would spin."""
        deadline = self.gate.deadline()
        if deadline is not None and deadline <= self.now and not self.gate.may_ask(self.now):
            later = self.gate.deadline()  # a lost asking was noted; the caller speaks, so nothing is due
            assert later is None or later > self.now


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=60, stateful_step_count=40)
