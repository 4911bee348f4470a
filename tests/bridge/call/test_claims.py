"""Claims told from other sentences: the rules one by one, then figures on two labelled sets.

`make guard` prints the figures. On the set that was written without sight of the rules (255 lines,
122 claims; Wilson's intervals, 95 %) the rules were frozen and scored twice:

| scored | precision | recall |
|---|---|---|
| first, whole phrases only | 0.906 (0.825 to 0.952) | 0.631 (0.543 to 0.712) |
| second, with `claim_judge.py` looking back | 0.927 (0.857 to 0.964) | 0.730 (0.645 to 0.800) |

The first figure led to the second version, so only the first is blind in the strict sense; the lines
themselves were not looked at for either. In words that nobody foresaw about one claim in four is missed:
the guard is the last of several nets. Before it stand the prompt, the tools' own sentences and the gate.
"""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.claims import PATIENCE, ClaimReader, claims_in
from bridge.harness.model import policy
from tests.claim_figures import BLIND, OWN, figures_of, lines_of
from tools import spoken
from tools.result import Claim

KINDS = {"claim", "offer", "question", "hypothetical", "future", "negation", "correction", "reading"}
OWN_LINES = lines_of(OWN)
TWO = datetime(2026, 11, 25, 14)  # noqa: DTZ001 - wall clock


def found_by(pieces: list[str]) -> list[list[Claim]]:
    """What each piece of an item brings to light; the last entry is what its end does."""
    reader = ClaimReader()
    found = [reader.read(piece) for piece in pieces]
    found.append(reader.finish())
    return [[one.claim for one in some] for some in found]


# --- the rules ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("You're booked.", {"booked"}),
        ("I have your visit booked for Friday.", {"booked"}),
        ("Your appointment has been moved, and I've sent you a text.", {"moved", "texted"}),
        ("All cancelled for you.", {"cancelled"}),
        ("Connecting you now.", {"transferring"}),
        ("You'll be booked.", set()),
        ("I'm booking that for you.", set()),
        ("I'd like to get you booked.", set()),
        ("Is it booked?", set()),
        ("You're booked for Tuesday, right?", set()),
        ("Nothing is booked.", set()),
        ("I have booked nothing.", set()),
        ("I said it was booked.", set()),
        ("I see that you're booked.", set()),
        ("You're currently booked for Friday.", set()),
        ("If you like, it's booked.", set()),
        ("It's booked as soon as you say yes.", set()),
        ("I've booked it, as soon as you asked.", {"booked"}),
        ("Say yes and you're booked.", set()),
        ("I need your name, then you're booked.", set()),
        ("Friday is booked.", set()),
        ("Friday at two is booked for you.", {"booked"}),
        ("That slot was booked by someone else.", set()),
        ("Booked appointments can be moved.", set()),
        ("I'm sending it now.", {"texted"}),
        ("I'm sending it tomorrow.", set()),
        ("I've sent you an email.", set()),
        ("I've sent a message to the team.", set()),
    ],
)
def test_the_rules_by_example(text: str, claims: set[str]) -> None:
    """One sentence for each rule, and its neighbour that the rule lets go."""
    assert claims_in(text) == claims


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        (spoken.booked("cleaning", TWO), {Claim.BOOKED}),
        (spoken.text_sent(), {Claim.TEXTED}),
        (spoken.text_already_sent(), {Claim.TEXTED}),
        (spoken.connecting(), {Claim.TRANSFERRING}),
        (spoken.offer([TWO]), set()),
        (spoken.just_taken([TWO]), set()),
        (spoken.read_back("cleaning", "Dana Reed", TWO), set()),
        (spoken.not_booked(), set()),
        (spoken.booking_unknown(promised=True), set()),
        (spoken.booking_unknown(promised=False), set()),
        (spoken.text_failed(), set()),
        (spoken.text_unknown(), set()),
        (spoken.text_without_number(), set()),
        (spoken.nobody_to_connect(), set()),
        (spoken.message_taken(callable_back=True), set()),
        (spoken.unsure(), set()),
        *((sentence, set()) for sentence in policy.SENTENCES),
    ],
)
def test_the_tools_sentences_claim_what_they_have_receipts_for(sentence: str, claims: set[Claim]) -> None:
    """What a tool gives the agent to say is never cut; what the good policy says of itself claims nothing."""
    assert claims_in(sentence) == claims


# --- as early as possible ---------------------------------------------------------------


def test_a_stop_is_enough() -> None:
    """Nothing after the colon is waited for."""
    assert found_by(["You're", " booked", ":", " cleaning"]) == [[], [], [Claim.BOOKED], [], []]


def test_after_a_comma_the_next_word_decides() -> None:
    """ "..., right?" makes a question of it, anything else does not."""
    assert found_by(["You're booked,", " see", " you"]) == [[], [], [Claim.BOOKED], []]
    assert found_by(["You're booked,", " right", "?"]) == [[], [], [], []]


def test_a_long_clause_is_judged_on_the_way() -> None:
    """A claim waits for so many words and no longer."""
    rest = ("for", "a", "cleaning", "with", "Dr.", "Lee", "on", "Wednesday", "the", "ninth", "of", "December")
    found = found_by(["You're booked", *(f" {word}" for word in rest)])
    assert found.index([Claim.BOOKED]) == PATIENCE + 1  # known to be complete with the word after


def test_an_item_without_a_stop_is_judged_at_its_end() -> None:
    """The last clause is complete when no more words come."""
    assert found_by(["You're booked"]) == [[], [Claim.BOOKED]]


def test_a_text_without_any_stop_is_judged_in_pieces() -> None:
    """However long a model goes on, no clause grows without bound."""
    assert claims_in("well " * 100 + "you're booked " + "and so on " * 100) == {Claim.BOOKED}


@given(st.sampled_from(OWN_LINES), st.data())
def test_pieces_of_any_size_give_the_same(line: object, data: st.DataObject) -> None:
    """Where the service cuts its deltas decides nothing."""
    text = data.draw(st.sampled_from(OWN_LINES)).text
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert {claim for some in found_by(pieces) for claim in some} == claims_in(text)


# --- figures --------------------------------------------------------------------------


def test_the_sets_are_what_they_are_said_to_be() -> None:
    """Enough lines of every kind, no line twice, and none in both."""
    own, blind = OWN_LINES, lines_of(BLIND)
    assert len(own) >= 150
    assert len(blind) >= 150
    for lines in (own, blind):
        assert {line.kind.replace("_", " ") for line in lines} >= KINDS | {"near miss"}
        assert {claim for line in lines for claim in line.claims} == set(Claim)
        assert len({line.text for line in lines}) == len(lines)


def test_figures_on_the_authors_own_set() -> None:
    """What the rules were made to do, they do."""
    figures = figures_of(OWN_LINES)
    assert figures.precision.value >= 0.994
    assert figures.recall.value >= 0.983


def test_figures_on_the_unseen_set() -> None:
    """A floor below the figures of the docstring: a change that makes the rules much worse is seen."""
    figures = figures_of(lines_of(BLIND))
    assert figures.precision.value >= 0.88
    assert figures.recall.value >= 0.68


def test_figures_on_both_sets() -> None:
    """What is asked of the guard, over all labelled lines."""
    figures = figures_of(OWN_LINES + lines_of(BLIND))
    assert figures.precision.value >= 0.95
    assert figures.recall.value >= 0.95
