"""Who may be texted, and who must be asked first."""

import msgspec
import pytest

from tools.business import Business
from tools.consent import can_be_texted, must_be_asked, wants_text
from tools.facts import CallFacts

FACTS = CallFacts(call_sid="CA1", caller_number="+12025550143", our_number="+12025550100")


@pytest.mark.parametrize(
    ("changes", "can", "asked"),
    [
        ({}, True, True),
        ({"text_consent": True}, True, False),
        ({"caller_number": None}, False, False),
        ({"opted_out": True}, False, False),
        ({"opted_out": True, "text_consent": True}, False, False),
        ({"caller_number": "+447400123456"}, False, False),
    ],
)
def test_who_is_asked(business: Business, changes: dict[str, object], can: bool, asked: bool) -> None:
    """Whoever can be texted and has not agreed before."""
    facts = msgspec.structs.replace(FACTS, **changes)
    assert (can_be_texted(business, facts), must_be_asked(business, facts)) == (can, asked)


@pytest.mark.parametrize(
    ("changes", "text_me", "wants"),
    [
        ({"text_asked": True}, True, True),
        ({"text_asked": True}, False, False),
        ({"text_consent": True}, True, True),
        ({"text_consent": True}, False, False),
        ({}, True, False),  # nobody asked, so the yes was none to this
        ({"text_asked": True, "opted_out": True}, True, False),
        ({"text_asked": True, "caller_number": None}, True, False),
        ({"text_asked": True, "caller_number": "+447400123456"}, True, False),
    ],
)
def test_who_has_agreed(business: Business, changes: dict[str, object], text_me: bool, wants: bool) -> None:
    """Only a yes to a read-back that asked, or an earlier one; and not whoever said no."""
    assert wants_text(business, msgspec.structs.replace(FACTS, **changes), text_me) is wants
