"""A session of the stand-in over its socket: hearing, items, faults and breaches."""

import base64
import json

from bridge.harness.model.policy_types import CallTool, Say
from tests.bridge.harness.model_fakes import HELLO, LISTENING, LOUD, PCMU, QUIET, STUCK, talk

UTTERANCE = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
]


async def test_an_utterance_is_heard_and_answered() -> None:
    """Voice, then silence: the utterance is committed, recognised, and a turn starts by itself."""
    async with talk([Say("Hello to you.")]) as (client, stage):
        await client.append(QUIET * 8000 + LOUD * 4000 + QUIET * 2400)
        await client.until("response.done")
        kinds = client.kinds()
        assert kinds[2:8] == [*UTTERANCE, "response.created"]
        started, stopped, committed, added = client.events[2:6]
        assert started["audio_start_ms"] == 1000 - 300
        assert stopped["audio_end_ms"] == 1500
        assert started["item_id"] == stopped["item_id"] == committed["item_id"] == added["item"]["id"]
        assert committed["previous_item_id"] is None
        assert added["item"]["content"] == [{"type": "input_audio", "transcript": None}]
        assert stage.policy.told == [("heard", HELLO), ("next_turn", True)]
        assert stage.recogniser.taken == [QUIET * 2400 + LOUD * 4000]
        (heard,) = stage.ledger.of("heard")
        assert (heard.data["clip"], heard.data["text"]) == ("hello", HELLO.text)
        assert stage.breaches() == []


async def test_the_policy_is_told_its_instructions_and_tools() -> None:
    """What a model would read at each session.update, a policy is given."""
    look = {"type": "function", "name": "look", "description": "Look.", "parameters": {"type": "object"}}
    async with talk(instructions="Be kind.", tools=[look]) as (_, stage):
        assert stage.policy.instructions == [("Be kind.", frozenset({"look"}))]


async def test_what_is_not_recognised_is_heard_as_nothing() -> None:
    """The policy is told None for an utterance that is no line of the recording."""
    async with talk([Say("Pardon?")]) as (client, stage):
        await client.append(b"\x10" * 4000 + QUIET * 2400)
        await client.until("response.done")
        assert stage.policy.told[0] == ("heard", None)


async def test_silence_setting_decides_when_an_utterance_ends() -> None:
    """The ear is set as turn_detection says, from the next update on."""
    detection = {**LISTENING, "silence_duration_ms": 900, "create_response": False}
    async with talk() as (client, _):
        audio = {"input": {"turn_detection": detection}}
        await client.send("session.update", session={"type": "realtime", "audio": audio})
        await client.append(LOUD * 4000 + QUIET * 4000 + LOUD * 4000 + QUIET * 8000)
        stopped = await client.until("input_audio_buffer.speech_stopped")
        assert stopped["audio_end_ms"] == 1500
        await client.configure()
        assert "response.created" not in client.kinds()  # create_response is off


async def test_audio_is_kept_as_it_came() -> None:
    """Every byte appended after the first session.updated is kept for comparison."""
    async with talk() as (client, stage):
        audio = bytes(range(256)) * 5
        await client.append(audio)
        await client.configure()
        assert stage.standin.received_audio == audio
        assert stage.standin.early_bytes == 0


async def test_audio_before_the_settings_is_a_breach() -> None:
    """It would be read as PCM at 24 kHz; noted once, counted in full."""
    async with talk(configured=False) as (client, stage):
        await client.append(QUIET * 480)
        await client.configure()
        assert stage.breaches() == ["append before session.updated"]
        assert stage.standin.early_bytes == 480
        assert stage.standin.received_audio == b""


async def test_audio_that_is_not_base64_is_refused() -> None:
    """A payload that does not decode is an error about `audio`."""
    async with talk() as (client, _):
        await client.send("input_audio_buffer.append", audio="not base64!")
        assert (await client.fault())["param"] == "audio"


async def test_transcripts_come_late_and_only_when_wanted() -> None:
    """With a transcription model set, deltas and the whole text follow the answer."""
    async with talk([Say("Yes?")]) as (client, _):
        await client.speak()
        await client.until("rate_limits.updated")
        transcription = {"model": "gpt-transcribe", "languages": ["en"]}
        audio = {"input": {"transcription": transcription}}
        await client.send("session.update", session={"type": "realtime", "audio": audio})
        await client.speak()
        done = await client.until("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == HELLO.text
        deltas = client.of("conversation.item.input_audio_transcription.delta")
        assert "".join(delta["delta"] for delta in deltas) == HELLO.text
        assert {delta["item_id"] for delta in deltas} == {done["item_id"]}
        assert done["item_id"] == client.of("input_audio_buffer.committed")[1]["item_id"]


async def test_barge_in_cuts_the_running_turn() -> None:
    """Speech ends a turn at once, in the service's order, and the item stays in the conversation."""
    async with talk([Say("A rather long sentence.")], [Say("Yes?")], pace=STUCK) as (client, stage):
        await client.send("response.create")
        first = await client.until("response.output_audio.delta")
        before = len(client.events)
        await client.append(LOUD * 800)
        done = await client.until("response.done")
        assert [event["type"] for event in client.events[before:]] == [
            "input_audio_buffer.speech_started",
            "response.output_audio.done",
            "response.output_audio_transcript.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.done",
        ]
        response = done["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert [item["status"] for item in response["output"]] == ["incomplete"]
        await client.send(
            "conversation.item.truncate", item_id=first["item_id"], content_index=0, audio_end_ms=60
        )
        cut = await client.until("conversation.item.truncated")
        assert cut["audio_end_ms"] == 60
        assert stage.breaches() == []


async def test_speech_after_the_turn_was_generated_cancels_nothing() -> None:
    """The usual case: everything was sent long ago, so the service only tells of the speech."""
    async with talk([Say("Hello.")]) as (client, _):
        await client.send("response.create")
        await client.until("rate_limits.updated")
        before = len(client.events)
        await client.speak()
        await client.until("conversation.item.done")
        assert [event["type"] for event in client.events[before:]] == UTTERANCE


async def test_a_turn_that_may_not_be_interrupted() -> None:
    """It goes on, and the turn that speech would begin is refused with an error about no event."""
    listening = {"input": {"turn_detection": {**LISTENING, "interrupt_response": False}}}
    async with talk([Say("Our greeting.")], pace=STUCK) as (client, stage):
        await client.send("session.update", session={"type": "realtime", "audio": listening})
        await client.send("response.create")
        await client.until("response.output_audio.delta")
        await client.speak()
        fault = await client.fault()
        assert (fault["code"], fault["event_id"]) == ("conversation_already_has_active_response", None)
        assert client.of("response.done") == []
        assert stage.breaches() == []


async def test_asking_during_the_models_own_turn_is_a_benign_race() -> None:
    """It is refused with the client's event id, and is no breach."""
    async with talk([Say("A sentence.")], pace=STUCK) as (client, stage):
        await client.speak()
        await client.until("response.created")
        event_id = await client.send("response.create")
        fault = await client.fault()
        assert (fault["code"], fault["event_id"]) == ("conversation_already_has_active_response", event_id)
        assert stage.breaches() == []


async def test_asking_twice_is_a_breach() -> None:
    """Two turns at once that the client asked for both can be avoided."""
    async with talk([Say("A sentence.")], pace=STUCK) as (client, stage):
        await client.send("response.create")
        await client.send("response.create")
        assert (await client.fault())["code"] == "conversation_already_has_active_response"
        assert stage.breaches() == ["conversation_already_has_active_response"]


async def test_cancelling() -> None:
    """The client may cut a turn; the item ends incomplete and the reason is the client's."""
    async with talk([Say("A sentence.")], pace=STUCK) as (client, stage):
        await client.send("response.create")
        turn_id = (await client.until("response.created"))["response"]["id"]
        await client.until("response.output_audio.delta")
        await client.send("response.cancel", response_id=turn_id)
        response = (await client.until("response.done"))["response"]
        assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert response["usage"]["output_tokens"] > 0
        await client.send("response.cancel", response_id=turn_id)  # it has just ended: a race
        assert (await client.fault())["code"] == "response_cancel_not_active"
        assert stage.breaches() == []


async def test_cancelling_nothing_is_a_breach() -> None:
    """Without ever having seen a turn there is nothing to cancel."""
    async with talk() as (client, stage):
        await client.send("response.cancel")
        assert (await client.fault())["code"] == "response_cancel_not_active"
        assert stage.breaches() == ["response_cancel_not_active"]


async def test_a_cut_beyond_the_audio_is_a_breach() -> None:
    """More cannot have been heard than was sent."""
    async with talk([Say("Hi.")]) as (client, stage):  # 150 ms
        await client.send("response.create")
        item_id = (await client.until("response.output_item.done"))["item"]["id"]
        await client.until("rate_limits.updated")
        for audio_end_ms in (151, 150, 100):
            await client.send(
                "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=audio_end_ms
            )
        fault = await client.fault()
        assert (fault["code"], fault["param"]) == ("invalid_value", "audio_end_ms")
        assert fault["message"] == "Audio content of 150ms is already shorter than 151ms"
        await client.until("conversation.item.truncated")
        await client.until("conversation.item.truncated")
        await client.send("conversation.item.retrieve", item_id=item_id)
        kept = await client.until("conversation.item.retrieved")
        assert kept["item"]["content"] == [{"type": "output_audio"}]  # the words are forgotten
        assert stage.breaches() == ["invalid_value"]
        assert [entry.data for entry in stage.ledger.of("truncated")] == [
            {"item_id": item_id, "audio_end_ms": end_ms, "audio_bytes": 1200} for end_ms in (150, 100)
        ]


async def test_tool_round() -> None:
    """A call is answered once, the policy is told, and nothing is said until the client asks."""
    call = CallTool("check_availability", {"service": "cleaning"})
    async with talk([call], [Say("At two.")]) as (client, stage):
        await client.send("response.create")
        item = (await client.until("response.output_item.done"))["item"]
        assert (item["status"], json.loads(item["arguments"])) == ("completed", {"service": "cleaning"})
        await client.until("rate_limits.updated")
        await client.answer(item["call_id"], ok=True)
        added = await client.until("conversation.item.added")
        assert added["item"]["type"] == "function_call_output"
        assert added["previous_item_id"] == item["id"]
        await client.until("conversation.item.done")
        await client.configure()
        assert len(client.of("response.created")) == 1
        await client.send("response.create")
        await client.until("rate_limits.updated")
        assert ("tool_answered", ("check_availability", {"ok": True})) in stage.policy.told
        assert [entry.data for entry in stage.ledger.of("tool_asked", "tool_answered")] == [
            {
                "call_id": item["call_id"],
                "name": "check_availability",
                "arguments": {"service": "cleaning"},
            },
            {"call_id": item["call_id"], "name": "check_availability", "output": {"ok": True}},
        ]
        assert stage.breaches() == []
        await client.answer(item["call_id"], ok=True)
        assert (await client.fault())["param"] == "item.call_id"
        await client.answer("call_unknown", ok=True)
        assert (await client.fault())["code"] == "invalid_tool_call_id"
        assert stage.breaches() == ["invalid_value", "invalid_tool_call_id"]


async def test_one_turn_for_each_answer_of_a_batch_is_a_breach() -> None:
    """Two calls, and a turn asked for after the first answer already."""
    async with talk([CallTool("a", {}), CallTool("b", {})], [Say("One.")]) as (client, stage):
        await client.send("response.create")
        calls = (await client.until("response.done"))["response"]["output"]
        await client.answer(calls[0]["call_id"], ok=True)
        await client.send("response.create")
        await client.until("response.created")
        assert stage.breaches() == ["response.create"]


async def test_a_note_is_told_to_the_policy() -> None:
    """Keys reach the model as text items, which begin no turn by themselves."""
    async with talk() as (client, stage):
        await client.note("(The caller pressed 1.)")
        added = await client.until("conversation.item.added")
        assert added["item"]["status"] == "completed"
        assert added["item"]["id"].startswith("item_")
        await client.configure()
        assert stage.policy.told == [("noted", ("user", "(The caller pressed 1.)"))]
        (note,) = stage.ledger.of("note")
        assert note.data == {"role": "user", "text": "(The caller pressed 1.)"}


async def test_deleting() -> None:
    """A deleted item is gone; deleting it again is an error."""
    async with talk() as (client, stage):
        await client.note("Forget this.")
        item_id = (await client.until("conversation.item.done"))["item"]["id"]
        await client.send("conversation.item.delete", item_id=item_id)
        assert (await client.until("conversation.item.deleted"))["item_id"] == item_id
        await client.send("conversation.item.delete", item_id=item_id)
        assert (await client.fault())["code"] == "item_delete_invalid_item_id"
        assert [entry.data for entry in stage.ledger.of("deleted")] == [{"item_id": item_id}]


async def test_clearing_forgets_the_beginning_of_an_utterance() -> None:
    """After a clear, silence does not end what was begun before."""
    async with talk() as (client, _):
        await client.append(LOUD * 1600)
        await client.until("input_audio_buffer.speech_started")
        await client.send("input_audio_buffer.clear")
        await client.append(QUIET * 8000)
        await client.until("input_audio_buffer.cleared")
        await client.append(LOUD * 1600 + QUIET * 2400)
        started = await client.until("input_audio_buffer.speech_started")
        assert started["audio_start_ms"] == 1200 - 300
        await client.until("input_audio_buffer.committed")
        assert len(client.of("input_audio_buffer.committed")) == 1


async def test_manual_commit() -> None:
    """Without turn detection the client commits; next to nothing cannot be committed."""
    async with talk() as (client, stage):
        manual = {"input": {"format": PCMU, "turn_detection": None}}
        await client.send("session.update", session={"type": "realtime", "audio": manual})
        await client.append(LOUD * 640)
        await client.send("input_audio_buffer.commit")
        assert (await client.fault())["code"] == "input_audio_buffer_commit_empty"
        await client.append(LOUD * 640)
        await client.send("input_audio_buffer.commit")
        await client.until("input_audio_buffer.committed")
        await client.configure()
        assert stage.recogniser.taken == [LOUD * 1280]
        assert client.of("response.created") == []


async def test_a_voice_that_was_heard_cannot_be_changed() -> None:
    """The session stays as it is."""
    async with talk([Say("Hi.")]) as (client, _):
        await client.send("response.create")
        await client.until("rate_limits.updated")
        audio = {"output": {"voice": "marin"}}
        await client.send("session.update", session={"type": "realtime", "audio": audio})
        assert (await client.fault())["code"] == "cannot_update_voice"
        assert (await client.configure())["session"]["audio"]["output"]["voice"] == "alloy"


async def test_failing_turns() -> None:
    """A turn that fails says so in response.done alone, with nothing used; the next one is normal."""
    async with talk([Say("Hello.")]) as (client, stage):
        stage.standin.fail_next_turn("rate_limit_exceeded")
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
        assert (response["status"], response["output"]) == ("failed", [])
        assert response["status_details"]["error"]["code"] == "rate_limit_exceeded"
        assert response["usage"]["total_tokens"] == 0
        await client.send("response.create")
        assert (await client.until("response.done"))["response"]["status"] == "completed"
        assert client.of("error") == []
        assert stage.breaches() == []


async def test_a_turn_without_tools() -> None:
    """tool_choice none reaches the policy, and metadata comes back with the turn."""
    async with talk([Say("Hello.")]) as (client, stage):
        response = {"tool_choice": "none", "metadata": {"asked_by": "ask_1"}}
        await client.send("response.create", response=response)
        created = await client.until("response.created")
        done = await client.until("response.done")
        assert created["response"]["metadata"] == done["response"]["metadata"] == {"asked_by": "ask_1"}
        assert stage.policy.told == [("next_turn", False)]


async def test_pcm_is_what_an_unconfigured_session_speaks() -> None:
    """Without settings the audio is PCM at 24 kHz: six bytes for each of the voice's."""
    async with talk([Say("Hi.")], configured=False) as (client, stage):
        await client.send("response.create")
        await client.until("response.done")
        audio = b"".join(base64.b64decode(e["delta"]) for e in client.of("response.output_audio.delta"))
        assert len(audio) == 150 * 48
        await client.append(QUIET * 480)
        await client.configure()
        assert stage.standin.early_bytes == 480


async def test_clients_are_used_to_unknown_fields() -> None:
    """Now and then an event has a field that no document names."""
    turns: list[list[Say | CallTool]] = [[Say("Hello.")] for _ in range(5)]
    async with talk(*turns) as (client, _):
        for _ in range(5):
            await client.note("Go on.")
            await client.send("response.create")
            await client.until("rate_limits.updated")
        extra = [event for event in client.events if "field_of_the_future" in event]
        assert 0 < len(extra) < len(client.events) / 2
