"""The tools that steer the conversation: questions, misunderstanding, waiting, the end."""

from datetime import timedelta

from tools import spoken
from tools.arguments import AnswerQuestion, NoArguments, TransferReason
from tools.errors import Declined
from tools.facts import CallFacts
from tools.handoff import fetch
from tools.kit import Kit
from tools.result import Gate, Reply, Then, ToolResult

PERSON_AFTER = 2  # misunderstandings in a row before a person is offered; after one more, fetched
IN_A_ROW = timedelta(seconds=60)  # what was answered without a tool is seen by no tool, but takes its time


async def answer_question(kit: Kit, facts: CallFacts, arguments: AnswerQuestion, gate: Gate) -> ToolResult:
    """The owner's answer, word for word; nothing the owner has not approved."""
    question = kit.business.question(arguments.topic)
    if question is None:
        topics = ", ".join(question.topic for question in kit.business.questions)
        raise Declined(
            spoken.no_answer(),
            code="no_answer",
            problem=f"topic: unknown; expected one of {topics or 'none'}",
        )
    facts.questions_answered += 1
    return ToolResult(output={"ok": True, "say": question.answer})


async def did_not_understand(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """Counted: the second time in a row a person is offered, or a message where there is none.

    Whose answer to that is not understood either cannot ask for a person: the next time one is fetched.
    """
    now = kit.clock.now()
    if facts.misunderstood_at is not None and now > facts.misunderstood_at + IN_A_ROW:
        facts.misunderstood = 0
    facts.misunderstood += 1
    facts.misunderstood_at = now
    if facts.misunderstood < PERSON_AFTER:
        return ToolResult(output={"ok": True, "say": spoken.not_understood()})
    if facts.misunderstood > PERSON_AFTER:
        fetched = fetch(kit, facts, TransferReason.NOT_UNDERSTOOD)
        if fetched is not None:
            return fetched
    say = spoken.offer_person() if kit.person_for(facts) else spoken.offer_message()
    return ToolResult(output={"ok": True, "say": say})


async def wait_for_user(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """Not counted: hold music, side talk, a cough. Nobody speaks."""
    return ToolResult(output={"ok": True, "say": ""}, reply=Reply.NONE, patient=True)


async def end_call(kit: Kit, facts: CallFacts, arguments: NoArguments, gate: Gate) -> ToolResult:
    """Hang up once the goodbye, said in the turn that called this, was heard."""
    return ToolResult(output={"ok": True, "say": ""}, reply=Reply.NONE, then=Then.HANG_UP)
