"""A leg that is sent elsewhere, or ended, in the middle of a document."""

import asyncio

from bridge.harness.ledger import Ledger
from bridge.harness.telephone.course import ENDED, Course
from bridge.harness.telephone.twiml_runner import TwimlRunner
from tests.bridge.harness.telephone.test_twiml_runner import CALLER, OURS, VOICE, ScriptedLine


class Slow(ScriptedLine):
    """A line on which every pause lasts until somebody breaks it off."""

    def __init__(self, **documents: str | None) -> None:
        super().__init__(**documents)
        self.waits = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        self.waits.set()
        await asyncio.Event().wait()


def course_of(line: ScriptedLine) -> Course:
    return Course(TwimlRunner(line, Ledger("telephone", lambda: 0.0), frozenset({OURS, CALLER})))


async def test_undisturbed_it_runs_to_its_end() -> None:
    """As the runner alone would."""
    assert await course_of(ScriptedLine(voice="<Hangup/>")).follow(VOICE) == "twiml"


async def test_another_document_takes_the_place_of_this_one() -> None:
    """What was to come of the old one never comes."""
    line = Slow(voice="<Pause/><Redirect>never</Redirect>", other="<Hangup/>")
    course = course_of(line)
    following = asyncio.create_task(course.follow(VOICE))
    await line.waits.wait()
    course.redirect(VOICE.rpartition("/")[0] + "/other")
    assert await following == "twiml"
    assert [url.rpartition("/")[2] for url, _ in line.asked] == ["voice", "other"]


async def test_it_is_ended_by_request() -> None:
    """And nothing is left running."""
    line = Slow(voice="<Pause/>")
    course = course_of(line)
    following = asyncio.create_task(course.follow(VOICE))
    await line.waits.wait()
    course.end()
    assert await following == ENDED
    assert {task for task in asyncio.all_tasks() if task is not asyncio.current_task()} == set()
