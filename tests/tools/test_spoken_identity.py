"""What is said about who is calling: nothing that was not proved, nothing that names anybody."""

from datetime import UTC, datetime

import pytest

from bridge.call.claims import claims_in
from tools import spoken_identity as spoken
from tools.result import Claim

START = datetime(2026, 11, 26, 14, tzinfo=UTC)


def test_the_next_appointment() -> None:
    """Service and start, as they are said everywhere."""
    assert spoken.next_appointment("cleaning", START) == (
        "I see your next appointment: cleaning on Thursday, November twenty-sixth at two PM."
    )


def test_only_a_text_that_went_out_is_claimed() -> None:
    """Every other sentence claims nothing at all, so that the guard lets it pass without a receipt."""
    assert claims_in(spoken.code_sent()) == {Claim.TEXTED}
    others = [
        *(spoken.next_appointment("cleaning", START), spoken.move_or_another(), spoken.code_text_unknown()),
        *(spoken.code_right(), spoken.code_wrong(), spoken.code_misheard()),
    ]
    for person in (True, False):
        others += [spoken.code_not_sent(person), spoken.code_dead(person), spoken.code_unchecked(person)]
    assert {sentence: claims_in(sentence) for sentence in others if claims_in(sentence)} == {}


@pytest.mark.parametrize("sentence", [spoken.code_not_sent, spoken.code_dead, spoken.code_unchecked])
def test_where_it_ends_there_is_a_way_on(sentence: object) -> None:
    """A person only where there is one who can be rung."""
    assert callable(sentence)
    assert sentence(True).endswith("Shall I take a message, or would you rather speak to a person?")
    assert sentence(False).endswith("Shall I take a message?")
