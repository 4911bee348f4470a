"""Words that may tell of an emergency, and their near misses."""

import tomllib
from pathlib import Path

import pytest

from bridge.call.emergency import Emergency, emergencies

RECORDINGS = Path(__file__).parents[3] / "recordings"
HEALTH, FIRE, GAS = Emergency.HEALTH, Emergency.FIRE, Emergency.GAS
SAID_SO = Emergency.SAID_SO


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I can't breathe.", HEALTH),
        ("He can’t breathe properly", HEALTH),
        ("She's having trouble breathing", HEALTH),
        ("My son has stopped breathing!", HEALTH),
        ("I think I'm having a heart attack", HEALTH),
        ("I don't know if it's a heart attack", HEALTH),
        ("I've got chest pains since this morning", HEALTH),
        ("My husband is having a stroke", HEALTH),
        ("I'm bleeding", HEALTH),
        ("my mouth won't stop bleeding after the surgery!", HEALTH),
        ("It hasn't stopped bleeding", HEALTH),
        ("there is blood everywhere", HEALTH),
        ("she passed out and she won't wake up", HEALTH),
        ("It's not urgent, but he is choking", HEALTH),
        ("my throat is swelling", HEALTH),
        ("There's a gas leak in the basement", GAS),
        ("I smell gas", GAS),
        ("the carbon monoxide detector keeps going off", GAS),
        ("Fire!", FIRE),
        ("Help, fire!", FIRE),
        ("There's a fire in the kitchen", FIRE),
        ("the outlet is on fire", FIRE),
        ("the oven caught fire", FIRE),
        ("I can smell smoke in the hallway", FIRE),
        ("someone is breaking in", Emergency.VIOLENCE),
        ("He has a gun", Emergency.VIOLENCE),
        ("I want to kill myself", Emergency.SELF_HARM),
        ("This is an emergency", SAID_SO),
        ("we have a real emergency here", SAID_SO),
        ("please call an ambulance", SAID_SO),
        ("Oh no my house is on fire", FIRE),
        ("No she's not breathing", HEALTH),
        ("no no no he's choking", HEALTH),
        ("no he passed out", HEALTH),
        ("I can't talk long there's a fire in the kitchen", FIRE),
        ("Please don't hang up my dad passed out", HEALTH),
    ],
)
def test_what_may_be_an_emergency_is_found(text: str, kind: Emergency) -> None:
    """In doubt it counts: asking in vain costs one sentence."""
    assert emergencies(text) == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Could you fire me an email with the details?",
        "I was fired last week",
        "Do you repair fireplaces?",
        "I need a fire alarm inspection",
        "We have a fire extinguisher that needs checking",
        "There is a fire pit in the garden",
        "The new menu is on fire today",
        "There's no emergency, I only want a cleaning",
        "It's not an emergency",
        "This isn't an emergency or anything",
        "No emergency, just a checkup",
        "I don't have an emergency contact",
        "Can I give you an emergency contact?",
        "No chest pain, no fever, nothing like that",
        "it isn't bleeding any more",
        "It has stopped bleeding",
        "My gums are bleeding when I brush",
        "I have bleeding gums",
        "We need somebody for bleeding the radiators",
        "I'm not having a heart attack, I'm only nervous",
        "It was a stroke of luck",
        "Do you install gas leak detectors?",
        "There is a gas station next to us",
        "I've got a history of seizures",
        "I breathe better since my last visit",
        "That would kill two birds with one stone",
    ],
)
def test_what_only_sounds_like_one_is_not(text: str) -> None:
    """Nobody who wants an email is asked whether it burns."""
    assert emergencies(text) == frozenset()


def test_one_sentence_may_tell_of_two() -> None:
    """Each kind is told by itself."""
    assert emergencies("The kitchen is on fire and my wife can't breathe") == {FIRE, HEALTH}


def test_of_the_recordings_only_one_tells_of_an_emergency() -> None:
    """What ordinary callers say, against the whole list of words."""
    found = {
        path.parent.name: kinds
        for path in RECORDINGS.glob("*/recording.toml")
        for line in tomllib.loads(path.read_text(encoding="utf-8")).get("caller_line", [])
        if (kinds := emergencies(line.get("text", "")))
    }
    assert found == {"emergency": {HEALTH}}
