"""How long a call may last and what it may cost."""

from bridge.call import messages as m
from bridge.call.limits import AGAIN_S, WARNING, WARNING_S, Budget, CallLimits
from bridge.call.phases import EndReason, Phase
from bridge.call.session import Session
from tests.bridge.call.talk import Talk, only

NOW = 100.0
LIMITS = CallLimits(longest_s=600, most_micros=1000)
TOO_LONG = m.LimitReached(EndReason.CALL_TOO_LONG)
TOO_DEAR = m.LimitReached(EndReason.CALL_TOO_DEAR)


def test_the_time_of_a_call() -> None:
    """A warning a minute before the end, once; then the end, and again if it was not taken."""
    budget = Budget(LIMITS, NOW)
    assert budget.due(NOW) is None
    assert budget.deadline() == NOW + 600 - WARNING_S
    assert budget.due(budget.deadline() - 0.01) is None
    assert budget.due(budget.deadline()) == m.Advised(WARNING)
    assert budget.deadline() == NOW + 600
    assert budget.due(NOW + 599) is None
    assert budget.due(NOW + 600) == TOO_LONG
    assert budget.due(NOW + 601) is None
    assert budget.deadline() == NOW + 600 + AGAIN_S
    assert budget.due(budget.deadline()) == TOO_LONG


def test_the_money_of_a_call() -> None:
    """A warning before it is spent, the end when it is, whatever the time."""
    budget = Budget(LIMITS, NOW)
    budget.spend(799)
    assert budget.due(NOW) is None
    budget.spend(1)
    assert budget.due(NOW) == m.Advised(WARNING)
    budget.spend(199)
    assert budget.due(NOW) is None
    budget.spend(1)
    assert budget.due(NOW) == TOO_DEAR


def test_no_limit_on_money() -> None:
    """Without one a call may cost anything."""
    budget = Budget(CallLimits(longest_s=600), NOW)
    budget.spend(10**12)
    assert budget.due(NOW) is None


def test_earlier_streams_count() -> None:
    """A call that goes on in another stream has no more time and money than before."""
    assert Budget(LIMITS, NOW, lasted_s=540).due(NOW) == m.Advised(WARNING)
    assert Budget(LIMITS, NOW, lasted_s=600).due(NOW) == TOO_LONG
    assert Budget(LIMITS, NOW, spent=1000).due(NOW) == TOO_DEAR


def test_the_model_is_told_and_then_the_caller_goes_to_a_person() -> None:
    """A note for the warning; at the end what was said is heard, and the next step is a person."""
    talk = Talk().greeted().at(2.0)
    [note] = only(talk.tell(m.Advised(WARNING)), m.SendNote)
    assert (note.role, note.text) == ("system", WARNING)
    talk.turn("t_warning", "warning", 2000)
    talk.at(3.0).tell(TOO_LONG)
    assert talk.session.phase is Phase.LEAVING
    talk.at(5.0)
    [end] = only(talk.done, m.EndStream)
    assert (end.next_step, end.reason) == (m.NextStep.PERSON, EndReason.CALL_TOO_LONG)


def test_a_call_that_goes_on_begins_with_its_note() -> None:
    """Told before the model is ready, it stands in the conversation before the first turn is asked for."""
    session = Session()
    assert session.receive(m.Advised("The line was cut."), 0.0) == []
    session.receive(m.StreamStarted("MZ1"), 0.0)
    session.receive(m.ModelOpened("sess", 0), 0.1)
    actions = session.receive(m.ModelConfigured("audio/pcmu", "audio/pcmu"), 0.2)
    kinds = [type(action) for action in actions]
    assert kinds == [m.SendNote, m.CreateTurn]
    assert session.gate.proposal is None


def test_the_note_outlives_the_models_leg() -> None:
    """A leg that breaks before a word was said: the next session is told what the first one was told."""
    session = Session()
    session.receive(m.Advised("The line was cut."), 0.0)
    session.receive(m.StreamStarted("MZ1"), 0.0)
    for at in (0.1, 0.3):
        session.receive(m.ModelOpened("sess", 0), at)
        actions = session.receive(m.ModelConfigured("audio/pcmu", "audio/pcmu"), at)
        [note] = [action for action in actions if isinstance(action, m.SendNote)]
        assert "The line was cut." in note.text
        session.receive(m.ModelLegClosed(1006, ""), at + 0.1)
