"""What a webhook leaves for whoever calls back: all that the call had collected, and the owner told of it."""

from pathlib import Path
from typing import Any

from bridge.call.snapshot import Snapshot, encode
from bridge.store.migrate import migrate
from bridge.store.report import Report
from bridge.store.store import Store
from tests.server import BEGIN, BUSINESS, CALLER, NUMBER, Server, in_no_time, serving, until
from tools.facts import CallFacts
from tools.store import Lead, TextState

CALL = "CA" + "1" * 32
OWNER = "+12025550181"
TOLD = Lead(name="Dana Reed", reason="a broken tooth", urgency="emergency", best_time="after five")


def business(folder: Path) -> str:
    """The business of the tests, whose owner is told by text."""
    file = folder / "owned.toml"
    text = BUSINESS.read_text(encoding="utf-8")
    file.write_text(text.replace("[hours]", f'[owner]\nsms = "{OWNER}"\n\n[hours]', 1), encoding="utf-8")
    return str(file)


async def collected(folder: Path, **known: Any) -> None:
    """A call whose snapshot holds this."""
    url = f"sqlite:///{folder}/bridge.db"
    await migrate(url)
    store = await Store.open(url)
    await store.calls.open_call(
        call_sid=CALL, caller_number=CALLER, our_number=NUMBER, attested=False, now=BEGIN
    )
    facts = CallFacts(call_sid=CALL, caller_number=CALLER, our_number=NUMBER, **known)
    kept = Snapshot(facts=facts, greeted=True)
    await store.resuming.save_snapshot(call_sid=CALL, stream=0, snapshot=encode(kept))
    await store.close()


async def nobody_answers(server: Server, **more: str) -> None:
    """The dialled person was rung in vain; Twilio says so twice."""
    for _ in range(2):
        await server.post("/twilio/handoff", CALL, DialCallStatus="no-answer", **more)


@in_no_time
async def test_what_was_collected_is_told_to_the_owner_once(tmp_path: Path) -> None:
    """Within seconds, the emergency first, in plain words; the log holds none of it."""
    await collected(tmp_path, lead=TOLD)
    async with serving(folder=tmp_path, BUSINESS_FILE=business(tmp_path)) as server:
        await nobody_answers(server)
        await until(lambda: bool(server.stand.rest.messages))
        [message] = server.stand.rest.messages
        assert message["to"] == OWNER
        assert message["body"] == (
            "EMERGENCY: Maple Street Dental: call Dana Reed, +12025550143 (asked for a person, nobody "
            "answered; emergency; best time: after five). Reason: a broken tooth Urgency: emergency"
        )
        [task] = await server.rows(Report.callbacks)
        assert (task.urgency, task.best_time) == ("emergency", "after five")
        await server.stop()
        [text] = await server.rows(Report.texts)
        assert (text.state, text.callback_id) == (TextState.SENT, task.id)
        for private in ("Dana", OWNER, CALLER, "after five", "a broken tooth"):
            assert private not in server.log()


@in_no_time
async def test_a_withheld_number() -> None:
    """Nobody could call back: there is no task that nobody can do."""
    async with serving() as server:
        await nobody_answers(server, From="anonymous")
        assert await server.rows(Report.callbacks) == []
