"""What the receptionist remembers of a call whose line was cut."""

from bridge.call.resumption import note_of
from bridge.call.snapshot import Line
from bridge.harness.model.policy import Receptionist
from bridge.harness.model.policy_memory import Memory, remembered
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import CallerLine, Intent, Meaning
from tests.bridge.call.test_resumption import SHOP
from tests.bridge.call.test_snapshot import FACTS
from tools.facts import CallFacts

HELD = CallFacts(
    call_sid="CA1",
    caller_number=None,
    our_number="+12025550100",
    offered=FACTS.offered,
    hold_id="hold",
    held_slot_id="slot_1",
    held_name="Dana Reed",
)
TWO_PM = "Wednesday, November twenty-fifth at two PM"
YES = CallerLine(clip="yes", text="Yes.", means=Meaning(intent=Intent.YES))


def test_the_servers_own_note() -> None:
    """What the server writes is what is read here."""
    note = note_of(SHOP, HELD, (Line("caller", "Offered before: slot_9, cleaning, never."),))
    assert remembered("system", note) == Memory(["slot_1"], [TWO_PM], "slot_1", "Dana Reed", served=False)
    done = remembered("system", note_of(SHOP, FACTS, ()))
    assert done is not None
    assert (done.slots, done.served) == ([], True)


def test_other_notes() -> None:
    """Keys, noise and what callers say are no memories."""
    assert remembered("system", "There has been unbroken noise on the line.") is None
    assert remembered("user", "The line was cut.") is None


def test_the_call_goes_on() -> None:
    """No second greeting; the open question, and what was held is held and read back once more."""
    mind = Receptionist("Hello, this is Robin.")
    mind.noted("system", note_of(SHOP, HELD, ()))
    assert mind.next_turn(tools_allowed=False) == [Say(f"I have {TWO_PM}.")]
    mind.heard(YES)
    wanted = CallTool("hold_slot", {"slot_id": "slot_1", "customer_name": "Dana Reed"})
    assert mind.next_turn(tools_allowed=True) == [wanted]
