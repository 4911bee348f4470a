"""The phrase bank: how sentences are joined, and that it has all the words there are to say."""

import inspect
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bridge.harness import sound
from bridge.harness.model import policy_words
from bridge.harness.recording_file import load_all
from bridge.harness.speech import PhraseBank, UnknownWords, words_of
from tests.bridge.harness.test_recording import RECORDINGS
from tools import spoken, spoken_changes, spoken_details, spoken_identity
from tools.business_file import load_business

SPOKEN = (spoken, spoken_changes, spoken_details, spoken_identity)
WORDS_ONLY = ("ordinal", "spoken_number")  # said as part of dates and times only


def test_the_phrase_bank_can_say_every_sentence() -> None:
    """The agent's own words, the business's, and every sentence of the tools with all that varies."""
    business = load_business(RECORDINGS / "business.toml")
    lines = [said for recording in load_all(RECORDINGS) for said in recording.lines]
    midnight = datetime(2026, 11, 23)  # noqa: DTZ001 - wall clock
    starts = [midnight + timedelta(days=day) for day in range(366)]
    starts += [midnight + timedelta(minutes=5 * step) for step in range(288)]
    vary: dict[str, list[Any]] = {
        "service": [service.name for service in business.services],
        "name": sorted({said.means.name for said in lines if said.means and said.means.name}),
        "start": starts,
        "starts": [[start, start + timedelta(hours=1), start + timedelta(days=1)] for start in starts],
        "instead": [[], starts[:3]],
        "promised": [True, False],
        "callable_back": [True, False],
        "person": [True, False],
        "at": [start.time() for start in starts],
        "day": [start.date() for start in starts],
        "ask_to_text": [True, False],
        "was": starts,
        "entries": [[("cleaning", starts[0])], [("check-up", starts[1]), ("filling", starts[2])]],
        "groups": [["+1", "202", "555", "0143"], ["6789"]],
        "address": ["abcdefghijklmnopqrstuvwxyz0123456789._-+'@gmail.com", "a@b.example.org"],
        "what": ["your name", "the number", "the email address"],
        "words": ["A, B, at, gmail, dot, com"],
    }
    sentences = [*policy_words.SENTENCES, business.wording.opening, business.wording.goodbye]
    sentences += [question.answer for question in business.questions]
    for function in itertools.chain.from_iterable(map(sentences_of, SPOKEN)):
        chosen = [vary[parameter] for parameter in inspect.signature(function).parameters]
        # Each value once, the shorter lists over and over: all pairs would say nothing new.
        count = max(map(len, chosen), default=1)
        rows = zip(*(itertools.islice(itertools.cycle(one), count) for one in chosen), strict=True)
        sentences += [function(*row) for row in rows] if chosen else [function()]
    assert PhraseBank.load().missing(sentences) == []


def sentences_of(module: ModuleType) -> Iterator[Callable[..., str]]:
    """The functions of a module of sentences, its own and public ones."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if not name.startswith("_") and name not in WORDS_ONLY and function.__module__ == module.__name__:
            yield function


def test_all_modules_of_sentences_are_asked() -> None:
    """A new one joins the test above, or nobody would know that the bank cannot say it."""
    modules = {path.stem for path in Path(spoken.__file__).parent.glob("spoken*.py")}
    assert {module.__name__.removeprefix("tools.") for module in SPOKEN} == modules


# Each fragment is a few bytes that no pause contains, so that the joints can be seen.
SMALL_BANK = PhraseBank(
    {
        ("i", "have"): b"ih",
        ("monday",): b"mo",
        ("at",): b"at",
        ("at", "two"): b"a2",
        ("two",): b"_2",
        ("twenty", "sixth"): b"26",
        ("twenty",): b"20",
        ("you're", "booked"): b"bk",
        ("pm",): b"pm",
    }
)


def joined(text: str) -> list[bytes | int]:
    """The fragments of `text` and, between them, milliseconds of silence."""
    parts: list[bytes | int] = []
    for silent, codes in itertools.groupby(SMALL_BANK.speak(text), lambda code: code == 0xFF):
        run = bytes(codes)
        parts.append(round(sound.length_ms(run)) if silent else run)
    return parts


def test_the_longest_fragment_is_taken() -> None:
    """Of the fragments that fit at a place the longest is spoken, single words fill the rest."""
    assert SMALL_BANK.fragments_of("I have Monday at two, twenty-sixth at twenty") == [
        *("i have", "monday", "at two", "twenty sixth", "at", "twenty"),
    ]


def test_punctuation_becomes_pauses() -> None:
    """A comma is shorter than a full stop, a mere joint shorter still; nothing follows the last word."""
    assert joined("Monday at") == [b"mo", 20, b"at"]
    assert joined("Monday, at two.") == [b"mo", 130, b"a2"]
    assert joined("Monday. At two? Two: Monday!") == [b"mo", 300, b"a2", 300, b"_2", 200, b"mo"]


def test_spelling_does_not_matter() -> None:
    """Capitals, hyphens, dots within abbreviations and curly apostrophes change no word."""
    assert joined("YOU’RE BOOKED — twenty-sixth, 'two' p.m.") == joined("you're booked twenty sixth, two PM")
    assert words_of("It’s at two p.m., on twenty-sixth!") == (
        "it's",
        "at",
        "two",
        "pm",
        "on",
        "twenty",
        "sixth",
    )


def test_unknown_words_are_named() -> None:
    """The error names each word that is lacking and the sentence, and `missing` gives all of several."""
    with pytest.raises(UnknownWords, match="'zebra', 'crossing' in 'At two, zebra crossing'") as error:
        SMALL_BANK.speak("At two, zebra crossing")
    assert error.value.words == ["zebra", "crossing"]
    assert error.value.text == "At two, zebra crossing"
    assert SMALL_BANK.missing(["At zebra", "two", "okay zebra"]) == ["zebra", "okay"]


def test_nothing_to_say_is_silence_of_no_length() -> None:
    """A text without words has no audio."""
    assert SMALL_BANK.speak("") == SMALL_BANK.speak("...") == b""


def test_an_empty_folder_is_an_empty_bank(tmp_path: Path) -> None:
    """A bank that was never rendered lacks every word."""
    assert PhraseBank.load(tmp_path).missing(["Yes."]) == ["yes"]


def test_a_sentence_lasts_as_long_as_one_speaks() -> None:
    """The committed bank speaks, the same bytes each time, at some three words a second."""
    text = "I have Thursday, November twenty-sixth at two PM, or at two thirty PM."
    spoken_once = PhraseBank.load().speak(text)
    assert spoken_once == PhraseBank.load().speak(text)
    assert 3500 < sound.length_ms(spoken_once) < 9000
    assert sound.speech_dbfs(sound.from_mulaw(spoken_once)) == pytest.approx(-22, abs=1)
