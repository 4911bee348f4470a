"""The tools that steer the conversation."""

import asyncio

import msgspec

from tests.tools.scene import Scene
from tools import spoken
from tools.conversation import IN_A_ROW
from tools.dispatch import Dispatcher
from tools.result import Reply, Then


async def test_the_owners_answer_is_given_word_for_word(scene: Scene) -> None:
    """Nothing is added to what the owner wrote."""
    result = await scene.run("answer_question", topic="parking")
    assert result.output == {"ok": True, "say": "There is free parking behind the building."}
    assert scene.facts.questions_answered == 1


async def test_a_question_the_owner_did_not_answer_is_not_answered(scene: Scene) -> None:
    """The agent does not know, says so, and learns which topics there are."""
    result = await scene.run("answer_question", topic="politics")
    assert result.output["say"] == spoken.no_answer()
    assert "expected one of parking, insurance, cancelling" in result.output["problem"]
    assert scene.facts.questions_answered == 0


async def test_the_second_misunderstanding_in_a_row_offers_a_person(scene: Scene) -> None:
    """Nobody has to say the same thing three times to a machine; whose yes is not understood, gets one."""
    answers = [await scene.run("did_not_understand") for _ in range(3)]
    said = [spoken.not_understood(), spoken.offer_person(), spoken.connecting()]
    assert [answer.output["say"] for answer in answers] == said
    assert [answer.then for answer in answers] == [Then.GO_ON, Then.GO_ON, Then.FETCH]
    assert scene.facts.transfer_reason == "not_understood"


async def test_who_was_brought_back_is_not_offered_a_person_again(scene: Scene) -> None:
    """Nobody came: a message is what is left, however often."""
    scene.facts.nobody_came = True
    answers = [await scene.run("did_not_understand") for _ in range(4)]
    assert [answer.output["say"] for answer in answers[1:]] == [spoken.offer_message()] * 3
    assert {answer.then for answer in answers} == {Then.GO_ON}


async def test_a_misunderstanding_long_ago_is_not_in_a_row(scene: Scene) -> None:
    """What was said and answered in between without a tool has taken its time."""
    await scene.run("did_not_understand")
    await asyncio.sleep(IN_A_ROW.total_seconds() + 1)  # virtual
    assert (await scene.run("did_not_understand")).output["say"] == spoken.not_understood()


async def test_a_misunderstanding_after_something_understood_is_the_first_again(scene: Scene) -> None:
    """Another tool shows that the caller was understood; noise shows nothing."""
    await scene.run("did_not_understand")
    await scene.run("wait_for_user")
    assert scene.facts.misunderstood == 1
    await scene.run("answer_question", topic="parking")
    assert (await scene.run("did_not_understand")).output["say"] == spoken.not_understood()


async def test_where_there_is_nobody_a_message_is_offered(scene: Scene) -> None:
    """A business without a handoff number offers what it has."""
    alone = Dispatcher(
        business=msgspec.structs.replace(scene.business, handoff_number=None),
        store=scene.store,
        calendar=scene.calendar,
        sms=scene.sms,
        clock=scene.clock,
        code_key=b"key of the tests",
    )
    scene.facts.misunderstood = 1
    result = await msgspec.structs.replace(scene, dispatcher=alone).run("did_not_understand")
    assert result.output["say"] == spoken.offer_message()


async def test_waiting_is_silent(scene: Scene) -> None:
    """Nobody speaks, nothing happens, nothing is counted."""
    result = await scene.run("wait_for_user")
    assert (result.reply, result.then, result.output["say"]) == (Reply.NONE, Then.GO_ON, "")
    assert result.patient


async def test_the_end_of_the_call(scene: Scene) -> None:
    """The goodbye was said in the same turn; nothing follows it."""
    result = await scene.run("end_call")
    assert (result.reply, result.then) == (Reply.NONE, Then.HANG_UP)
