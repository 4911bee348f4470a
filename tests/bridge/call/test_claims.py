"""Claims told from other sentences: the rules one by one, then figures on two labelled sets.

`make guard` prints the figures. On 255 lines (122 claims) by somebody who had not seen the rules they were
scored twice, unseen (Wilson's intervals, 95 %):

| scored | precision | recall |
|---|---|---|
| first, whole phrases only | 0.906 (0.825 to 0.952) | 0.631 (0.543 to 0.712) |
| second, with `claim_judge.py` looking back | 0.927 (0.857 to 0.964) | 0.730 (0.645 to 0.800) |

Then the rules were mended by that set as well, and made more general: roundabout ways of saying a thing
are put straight (`claim_plain.py`), and whatever is done "for Thursday" is taken for a booking. On 300 other
lines (148 claims), again by somebody who had not seen the rules:

| scored | precision | recall |
|---|---|---|
| halfway there | 0.966 (0.916 to 0.987) | 0.770 (0.696 to 0.831) |

Those lines were not looked at, but the figure was known when the rest of it was done. Batches of fresh
lines by the rules' own author, each scored before any rule followed it, stand at the end of `claims.toml`.
In words that nobody foresaw about one claim in four is missed: the guard is the last of several nets.
Before it stand the prompt, the tools' own sentences and the gate.
"""

import inspect
import itertools
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.claims import PATIENCE, ClaimReader, claims_in
from bridge.harness.model import policy_words
from tests.bridge.harness.test_speech import SPOKEN, sentences_of
from tests.claim_figures import KNOWN, UNSEEN, figures_of, known_lines, lines_of, report
from tools.result import Claim

KINDS = {"claim", "offer", "question", "hypothetical", "future", "negation", "correction", "reading"}
LINES = known_lines()
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
        ("I was able to book you in.", {"booked"}),
        ("I wasn't able to book you in.", set()),
        ("I put you down for Friday at two.", {"booked"}),
        ("I can put you down for Friday at two.", set()),
        ("You're booked for Friday instead of Monday.", {"moved"}),
        ("I've moved this one and booked that one.", {"moved", "booked"}),
        ("Got you in at four.", {"booked"}),
        ("I've taken you off the schedule.", {"cancelled"}),
        ("You no longer have an appointment on Monday.", {"cancelled"}),
        ("All texts are sent from this number.", set()),
        ("Please hold while I connect you.", {"transferring"}),
        ("Hold on while I check.", set()),
    ],
)
def test_the_rules_by_example(text: str, claims: set[str]) -> None:
    """One sentence for each rule, and its neighbour that the rule lets go."""
    assert claims_in(text) == claims


# What of the tools' sentences claims anything; every other one claims nothing.
CLAIMING = {
    "booked": {Claim.BOOKED},
    "moved": {Claim.MOVED},
    "cancelled": {Claim.CANCELLED},
    "text_sent": {Claim.TEXTED},
    "text_already_sent": {Claim.TEXTED},
    "code_sent": {Claim.TEXTED},
    "connecting": {Claim.TRANSFERRING},
}
# What they are made of, by the name of the parameter.
PARTS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("promised", "callable_back", "person", "ask_to_text"), (True, False)),
    **dict.fromkeys(("starts", "instead"), ((TWO,), (TWO, TWO))),
    **dict.fromkeys(("start", "was"), (TWO,)),
    "service": ("cleaning", "check-up"),
    "name": ("Dana Reed",),
    "at": (TWO.time(),),
    "day": (TWO.date(),),
    "entries": ((("cleaning", TWO),), (("cleaning", TWO), ("filling", TWO))),
    "groups": (("202", "555", "0143"),),
    "address": ("dana@example.com",),
    "what": ("the number",),
    "words": ("two zero two",),
}
SENTENCES = [sentence for module in SPOKEN for sentence in sentences_of(module)]


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.__name__)
def test_the_tools_sentences_claim_what_they_have_receipts_for(sentence: Callable[..., str]) -> None:
    """What a tool gives the agent to say is never cut for a claim that it does not make."""
    for parts in itertools.product(*(PARTS[name] for name in inspect.signature(sentence).parameters)):
        assert claims_in(sentence(*parts)) == CLAIMING.get(sentence.__name__, set())


@pytest.mark.parametrize("sentence", policy_words.SENTENCES)
def test_the_good_policy_claims_nothing_of_itself(sentence: str) -> None:
    """What it says in words of its own is never cut."""
    assert claims_in(sentence) == set()


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


@given(st.data())
def test_pieces_of_any_size_give_the_same(data: st.DataObject) -> None:
    """Where the service cuts its deltas decides nothing."""
    text = data.draw(st.sampled_from(LINES)).text
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert {claim for some in found_by(pieces) for claim in some} == claims_in(text)


# --- figures --------------------------------------------------------------------------


def test_the_sets_are_what_they_are_said_to_be() -> None:
    """Enough lines of every kind, and no line twice."""
    for path in KNOWN:
        lines = lines_of(path)
        assert len(lines) >= 150
        assert {line.kind.replace("_", " ") for line in lines} >= KINDS | {"near miss"}
        # Of a message the guard knows no claim: its receipt only covers what is said in general.
        assert {claim for line in lines for claim in line.claims} == set(Claim) - {Claim.PASSED_ON}
    assert len({line.text for line in LINES}) == len(LINES)


@pytest.mark.parametrize("path", KNOWN, ids=lambda path: path.stem)
def test_figures_on_the_known_sets(path: Path) -> None:
    """What the rules were made to do, they do."""
    figures = figures_of(lines_of(path))
    assert figures.precision.value >= 0.97
    assert figures.recall.value >= 0.97 if path == KNOWN[0] else 0.95


def test_the_report_says_where_nothing_is_known(tmp_path: Path) -> None:
    """Without an unseen set nobody takes the known figures for the real ones; with one it is scored."""
    unseen = tmp_path / UNSEEN.name
    assert "there is no claims_unseen.toml yet" in report(unseen)
    unseen.write_text('lines = [{ kind = "claim", claims = ["texting"], text = "I\'m texting you now." }]')
    assert "unseen: 1 lines" in report(unseen)
