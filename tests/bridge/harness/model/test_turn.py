"""How the stand-in generates a turn."""

import base64

from bridge.harness.model.policy_types import CallTool, Say
from tests.bridge.harness.model_fakes import LOUD, STUCK, Beeper, talk

TEXT = "I have Thursday, November twenty-sixth at two PM, or at three thirty PM. Which would you like?"


async def test_the_audio_is_what_was_said() -> None:
    """All deltas together are the bank's audio, in bursts of 100 to 500 ms, and kept as sent."""
    async with talk([Say(TEXT)]) as (client, stage):
        await client.send("response.create")
        item_id = (await client.until("response.output_item.done"))["item"]["id"]
        bursts = [base64.b64decode(event["delta"]) for event in client.of("response.output_audio.delta")]
        assert b"".join(bursts) == Beeper().speak(TEXT) == stage.standin.spoken[item_id]
        assert all(100 * 8 <= len(burst) <= 500 * 8 for burst in bursts[:-1])
        (said,) = stage.ledger.of("said")
        assert (said.data["text"], said.data["audio_bytes"]) == (TEXT, len(Beeper().speak(TEXT)))


async def test_words_run_ahead_of_the_audio() -> None:
    """Transcript deltas are interleaved with audio, and at no time behind it."""
    async with talk([Say(TEXT)]) as (client, _):
        await client.send("response.create")
        await client.until("response.output_audio.done")
        words, audio = "", 0
        for event in client.events:
            if event["type"] == "response.output_audio_transcript.delta":
                words += event["delta"]
                assert 1 <= len(event["obfuscation"]) <= 16
            elif event["type"] == "response.output_audio.delta":
                audio += len(base64.b64decode(event["delta"]))
                assert len(words) * 400 >= min(audio, len(TEXT) * 400)
        assert words == TEXT
        kinds = client.kinds()
        assert kinds.count("response.output_audio.delta") > 1


async def test_a_preamble_and_a_call_are_one_turn() -> None:
    """Several items in one turn come one after another, each to its end."""
    parts: list[Say | CallTool] = [Say("One moment."), CallTool("hold_slot", {"slot_id": "slot_1"})]
    async with talk(parts) as (client, stage):
        await client.send("response.create")
        done = await client.until("response.done")
        kinds = [kind for kind in client.kinds()[2:] if "delta" not in kind]
        assert kinds == [
            "response.created",
            "response.output_item.added",
            "conversation.item.added",
            "response.content_part.added",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.output_item.added",
            "conversation.item.added",
            "response.function_call_arguments.done",
            "conversation.item.done",
            "response.output_item.done",
            "response.done",
        ]
        assert [item["type"] for item in done["response"]["output"]] == ["message", "function_call"]
        assert [event["output_index"] for event in client.of("response.output_item.done")] == [0, 1]
        assert [entry.kind for entry in stage.ledger.of("said", "tool_asked", "turn_ended")] == [
            "said",
            "tool_asked",
            "turn_ended",
        ]


async def test_a_call_cut_short_is_a_fragment() -> None:
    """Its item ends incomplete with broken arguments, and it can never be answered."""
    async with talk([CallTool("hold_slot", {"slot_id": "slot_1"})], pace=STUCK) as (client, stage):
        await client.send("response.create")
        await client.until("response.function_call_arguments.delta")
        await client.append(LOUD * 800)
        item = (await client.until("response.output_item.done"))["item"]
        assert (item["status"], item["arguments"]) == ("incomplete", '{"slot')
        assert client.of("response.function_call_arguments.done") == []
        await client.answer(item["call_id"], ok=True)
        assert (await client.fault())["code"] == "invalid_tool_call_id"
        assert list(stage.ledger.of("tool_asked")) == []


async def test_a_turn_with_nothing_in_it() -> None:
    """A policy with nothing to say makes a completed turn without items."""
    async with talk([]) as (client, stage):
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
        assert (response["status"], response["output"]) == ("completed", [])
        assert stage.breaches() == []


async def test_text_turns() -> None:
    """A session set to text answers in text."""
    async with talk([Say("It is foggy.")], output_modalities=["text"]) as (client, _):
        await client.send("response.create")
        item = (await client.until("response.output_item.done"))["item"]
        assert item["content"] == [{"type": "output_text", "text": "It is foggy."}]
        assert "".join(e["delta"] for e in client.of("response.output_text.delta")) == "It is foggy."


async def test_usage_grows_and_is_partly_cached() -> None:
    """Each turn pays for the whole history; what was read before is mostly cached."""
    async with talk([Say(TEXT)], [Say(TEXT)], instructions="Be kind. " * 100) as (client, _):
        for _ in range(2):
            await client.note("Go on.")
            await client.send("response.create")
            await client.until("rate_limits.updated")
        first, second = (event["response"]["usage"] for event in client.of("response.done"))
        assert first["input_token_details"]["cached_tokens"] == 0
        assert second["input_tokens"] > first["input_tokens"]
        cached = second["input_token_details"]["cached_tokens_details"]
        assert 0 < cached["text_tokens"] <= second["input_token_details"]["text_tokens"]
        seconds = len(TEXT) * 0.05
        assert first["output_token_details"]["audio_tokens"] == round(seconds * 20)
        assert [event["type"] for event in client.events[-2:]] == ["response.done", "rate_limits.updated"]


async def test_ids_look_like_the_services() -> None:
    """Prefixes and length are those of the service."""
    async with talk([Say("Hi."), CallTool("a", {})]) as (client, _):
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
        ids = {
            "resp_": response["id"],
            "conv_": response["conversation_id"],
            "item_": response["output"][0]["id"],
            "call_": response["output"][1]["call_id"],
            "event_": client.events[-1]["event_id"],
        }
        assert all(value.startswith(prefix) for prefix, value in ids.items())
        assert {len(value) - len(prefix) for prefix, value in ids.items()} == {21}
        assert len({event["event_id"] for event in client.events}) == len(client.events)
