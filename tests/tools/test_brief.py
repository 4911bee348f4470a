"""What the person hears before taking a call."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.tools.shop import shop
from tools.arguments import TransferReason
from tools.brief import LONGEST, brief
from tools.facts import CallFacts, Done
from tools.result import Claim
from tools.store import Lead

TWO_PM = datetime(2026, 11, 25, 14, tzinfo=ZoneInfo("America/New_York"))


def of(**facts: object) -> str:
    made = CallFacts(call_sid="CA1", caller_number="+12025550143", our_number="+12025550100", **facts)  # type: ignore[arg-type]
    return brief(shop(), made)


def test_who_why_and_what() -> None:
    """In this order, and no more than was told."""
    assert of(transfer_reason="dispute", lead=Lead(name="Dana Reed", reason="a bill.")) == (
        "A call for Shop. Dana Reed is on the line. They dispute something. It is about: a bill."
    )


def test_a_caller_who_said_nothing() -> None:
    """Pressed zero at hello."""
    assert of() == "A call for Shop. The caller gave no name. They pressed zero."


@pytest.mark.parametrize("reason", list(TransferReason))
def test_every_reason_has_its_words(reason: TransferReason) -> None:
    """None is told as a key that was pressed."""
    assert "zero" not in of(transfer_reason=reason.value)


def test_what_was_done_in_this_call() -> None:
    """So that nobody books it again."""
    done = {"b": Done(claim=Claim.BOOKED, service="cut", start=TWO_PM)}
    assert of(done=done, held_name="Dana Reed").endswith(
        "In this call a haircut was booked: Wednesday, November twenty-fifth at two PM."
    )


def test_urgency_is_said_once() -> None:
    """An emergency is one already."""
    assert "urgent" in of(lead=Lead(urgency="urgent"))
    assert "urgent" not in of(lead=Lead(urgency="emergency"), transfer_reason="emergency")
    assert "urgent" not in of(lead=Lead(urgency="normal"))


def test_somebody_waits_meanwhile() -> None:
    """A long story is cut, at the end of a word."""
    text = of(lead=Lead(reason="my tooth " * 100))
    assert len(text) <= LONGEST + len(" and so on.")
    assert text.endswith(("tooth and so on.", "my and so on."))


def test_whom_code_has_fetched_a_person_for() -> None:
    """Why stands in the stream's end, where no tool has said it; a tool's reason counts more."""
    made = CallFacts(call_sid="CA1", caller_number=None, our_number="+12025550100")
    assert "I did not understand them." in brief(shop(), made, "not_understood")
    assert "They pressed zero." in brief(shop(), made, "key_zero")
    made.transfer_reason = "dispute"
    assert "They dispute something." in brief(shop(), made, "transfer")
