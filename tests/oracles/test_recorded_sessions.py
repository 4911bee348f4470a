"""Recorded sessions of the real service: our codec reads them, and our stand-in behaves alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.call import messages as m
from bridge.harness.model.outbox import EXTRA_FIELD
from bridge.harness.model.policy_types import CallTool, Say
from bridge.realtime import codec
from tests.bridge.harness.model_fakes import RawClient, talk
from tests.oracles.recorded import FOLDER, read, received, sent

pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="no recorded sessions: they are not part of this repository"
)

SPOKEN = FOLDER / "test_audio_in_server_vad_turn.yaml"
WRITTEN = FOLDER / "test_tool_call_round.yaml"
TRANSCRIPTION = "conversation.item.input_audio_transcription"
# Free text, free keys, or different in every session.
NOT_COMPARED = ("session.tools", "response.metadata")


@pytest.mark.parametrize("file", [SPOKEN, WRITTEN], ids=lambda file: file.stem)
def test_the_codec_reads_every_frame(file: Path) -> None:
    """Nothing is refused, and everything that should mean something to us does."""
    frames = received(file)
    for frame in frames:
        event = codec.decode(json.dumps(frame))
        assert (event is not None) == (frame["type"] in codec.READ_TYPES)
    assert {frame["type"] for frame in frames} & codec.READ_TYPES


def test_what_the_spoken_session_means() -> None:
    """A whole turn, in our own words."""
    events = [codec.decode(json.dumps(frame)) for frame in received(SPOKEN)]
    kinds = [type(event) for event in events if event is not None]
    assert list(dict.fromkeys(kinds)) == [
        m.ModelOpened,
        m.ModelConfigured,
        m.SpeechStarted,
        m.SpeechStopped,
        m.UtteranceCommitted,
        m.ItemAdded,
        m.TurnStarted,
        m.SpokenWordsArrived,
        m.SpokenAudioArrived,
        m.UtteranceTranscribed,
        m.ItemFinished,
        m.TurnFinished,
    ]
    assert m.ModelConfigured("audio/pcm", "audio/pcm") in events
    words = "".join(event.words for event in events if isinstance(event, m.SpokenWordsArrived))
    assert words == "Hello, Marcelo! Great to meet you. How can I help you today?"
    finished = events[-1]
    assert isinstance(finished, m.TurnFinished)
    assert finished.usage == m.Usage(input_text=14, input_audio=27, output_text=28, output_audio=136)


def test_what_the_tool_call_means() -> None:
    """The call arrives once, with its arguments as they are."""
    events = [codec.decode(json.dumps(frame)) for frame in received(WRITTEN)]
    (call,) = [event for event in events if isinstance(event, m.ToolCalled)]
    assert (call.name, json.loads(call.arguments_json)) == ("get_weather", {"city": "London"})
    cached = [event.usage for event in events if isinstance(event, m.TurnFinished)][-1]
    assert cached == m.Usage(input_text=103, cached_text=64, output_text=13)


async def spoken_turn() -> list[dict[str, Any]]:
    """The stand-in's events of a turn like the one in SPOKEN."""
    async with talk([Say("Hello, Marcelo! Great to meet you.")], configured=False) as (client, _):
        await configure_as(client, SPOKEN)
        # PCM at 24 kHz, 50 ms a piece: half a second of the loudest sample, then silence
        await client.append(b"\x00\x80" * 12_000 + b"\x00\x00" * 12_000, size=2400)
        ends = {"response.done", f"{TRANSCRIPTION}.completed"}
        while ends:
            ends.discard((await client.next())["type"])
        return client.events


async def written_turns() -> list[dict[str, Any]]:
    """The stand-in's events of a talk like the one in WRITTEN."""
    weather = CallTool("get_weather", {"city": "London"})
    async with talk([weather], [Say("It is foggy.")], configured=False) as (client, _):
        await configure_as(client, WRITTEN)
        await client.note("What is the weather in London?")
        await client.send("response.create")
        call = await client.until("response.function_call_arguments.done")
        await client.answer(call["call_id"], weather="foggy")
        await client.until("response.done")
        await client.send("response.create")
        await client.until("response.done")
        return client.events


async def configure_as(client: RawClient, file: Path) -> None:
    """Send the recorded client's own settings."""
    update = next(event for event in sent(file) if event["type"] == "session.update")
    await client.send("session.update", session=update["session"])
    await client.until("session.updated")


def order(events: list[dict[str, Any]]) -> list[str]:
    """Types in order, each kind of delta once for each run of anything else.

    Deltas of words and audio interleave as they please, transcripts of the caller come when
    they come, and the rate limits are seen in some sessions only.
    """
    kinds: list[str] = []
    deltas: set[str] = set()
    for event in events:
        kind = event["type"]
        if kind == "rate_limits.updated" or kind.startswith(TRANSCRIPTION):
            continue
        if kind.endswith(".delta"):
            if kind in deltas:
                continue
            deltas.add(kind)
        else:
            deltas.clear()
        kinds.append(kind)
    return kinds


async def test_a_spoken_turn_comes_in_the_recorded_order() -> None:
    """Speech, commit, answer: the stand-in's events follow each other as the service's do."""
    assert order(await spoken_turn()) == order(received(SPOKEN))


async def test_a_tool_round_comes_in_the_recorded_order() -> None:
    """Also when the client answers before the turn that asked is over."""
    assert order(await written_turns()) == order(received(WRITTEN))


async def test_transcripts_come_after_the_commit() -> None:
    """The one thing that is certain about them, here as there."""
    for events in (await spoken_turn(), received(SPOKEN)):
        kinds = [event["type"] for event in events]
        first = next(at for at, kind in enumerate(kinds) if kind.startswith(TRANSCRIPTION))
        assert kinds.index("input_audio_buffer.committed") < first


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every key of an event, with the keys above it."""
    if at in NOT_COMPARED:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != EXTRA_FIELD:
                yield f"{at}.{key}".lstrip(".")
                yield from paths(inner, f"{at}.{key}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from paths(inner, f"{at}[]")


def keys_by_type(events: list[dict[str, Any]]) -> dict[tuple[str, ...], set[str]]:
    """The keys that events of a type have, told apart by what their items and parts are."""
    keys: dict[tuple[str, ...], set[str]] = {}
    for event in events:
        item = event.get("item", {})
        kind = (
            event["type"],
            item.get("type", ""),
            item.get("role", ""),
            event.get("part", {}).get("type", ""),
        )
        keys.setdefault(kind, set()).update(paths(event))
    return keys


async def test_events_have_the_recorded_keys() -> None:
    """For each type of event the stand-in sends exactly the keys that the service sends."""
    for ours, theirs in (
        (await spoken_turn(), received(SPOKEN)),
        (await written_turns(), received(WRITTEN)),
    ):
        ours_by_type, theirs_by_type = keys_by_type(ours), keys_by_type(theirs)
        assert {kind: ours_by_type[kind] for kind in theirs_by_type} == theirs_by_type


def test_the_reader() -> None:
    """What the recorded files use of YAML is read as YAML means it."""
    text = """
a: plain
  goes on
b:
- c: 'it''s'
  d: "x\\ny"
- e: null
f:
  g: []
  h: -1
  i: 1.5
  j:
  - audio
k: a:b
"""
    assert read(text) == {
        "a": "plain goes on",
        "b": [{"c": "it's", "d": "x\ny"}, {"e": None}],
        "f": {"g": [], "h": -1, "i": 1.5, "j": ["audio"]},
        "k": "a:b",
    }
