"""send_code, check_code: who has the telephone of the calling number at hand, and nobody else."""

import asyncio
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.tools.left_behind import sweep
from tests.tools.scene import HANG, Scene
from tools import spoken_identity as spoken
from tools.codes import HIDDEN
from tools.facts import CallFacts
from tools.identity import LIVES, PER_CALL, PER_DAY, TRIES
from tools.ports import SmsAmbiguous, SmsRefused
from tools.result import Claim, Receipt
from tools.store import StoreUnavailable, TextState

NUMBER = "+12025550143"
LOST = StoreUnavailable("locked")
DAY_S = 24 * 3600.0


def next_call(scene: Scene, call_sid: str = "CA2", number: str = NUMBER) -> Scene:
    """Another call to the same business."""
    facts = CallFacts(call_sid=call_sid, caller_number=number, our_number=scene.facts.our_number)
    return msgspec.structs.replace(scene, facts=facts)


def texted_code(scene: Scene) -> str:
    """The code in the latest text."""
    found = re.findall(r"\b[1-9]{6}\b", scene.sms.sent[-1][1])
    assert len(found) == 1
    return str(found[0])


def another(code: str) -> str:
    """A code that it is not."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")


async def try_code(scene: Scene, code: str) -> str:
    """What came of it: "ok", or why not."""
    result = await scene.run("check_code", code=code)
    return result.error_code or "ok"


def written(folder: Path, text: str) -> bool:
    """Whether it stands in any file of the folder."""
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())


async def code_texts(scene: Scene) -> list[Any]:
    return [text for text in await scene.report.texts() if text.kind == "code"]


# --- sending ----------------------------------------------------------------------


async def test_a_code_goes_to_the_calling_number(scene: Scene) -> None:
    """In the owner's words; the keypad may answer, and the agent may say that it was texted."""
    result = await scene.run("send_code")
    assert result.output == {"ok": True, "say": spoken.code_sent()}
    assert result.keys_wanted == 6
    assert result.receipts == (Receipt(Claim.TEXTED),)
    [(to, body)] = scene.sms.sent
    assert to == NUMBER
    assert body.startswith(f"Maple Street Dental: your code is {texted_code(scene)}. ")
    assert not scene.facts.may_see_bookings


async def test_the_code_is_never_written_down(scene: Scene, tmp_path: Path) -> None:
    """Neither in the outbox nor anywhere else in the database's files, before or after it was right."""
    await scene.run("send_code")
    [text] = await code_texts(scene)
    assert text.state is TextState.SENT
    assert HIDDEN in text.body
    code = texted_code(scene)
    await scene.run("check_code", code=code)
    assert written(tmp_path, HIDDEN)  # the test can see what is written
    assert not written(tmp_path, code)


async def test_no_text_without_a_number(scene: Scene) -> None:
    """A withheld number has no telephone that could be texted."""
    scene.facts.caller_number = None
    assert (await scene.run("send_code")).error_code == "no_number"
    assert await try_code(scene, "111111") == "out_of_turn"


async def test_no_text_after_stop(scene: Scene) -> None:
    """Also when it was said in the middle of this call."""
    await scene.store.set_opted_out(number=NUMBER, opted_out=True, now=scene.clock.now())
    assert (await scene.run("send_code")).error_code == "opted_out"
    assert (scene.sms.sent, await code_texts(scene)) == ([], [])


async def test_no_text_to_a_country_that_is_not_texted(scene: Scene) -> None:
    """Some numbers earn money by being texted."""
    abroad = next_call(scene, number="+442079460958")
    assert (await abroad.run("send_code")).error_code == "country_not_texted"
    assert scene.sms.sent == []


async def test_no_code_for_who_is_known(scene: Scene) -> None:
    """A vouched-for caller needs none, so none is sent."""
    scene.facts.attested = True
    assert (await scene.run("send_code")).error_code == "out_of_turn"
    assert scene.sms.sent == []


async def test_two_codes_in_a_call(scene: Scene) -> None:
    """No third; the second has made the first one void, and stays good."""
    codes = []
    for _ in range(PER_CALL):
        await scene.run("send_code")
        codes.append(texted_code(scene))
    assert (await scene.run("send_code")).error_code == "too_many_codes"
    assert len(scene.sms.sent) == PER_CALL
    assert await try_code(scene, codes[0]) == ("ok" if codes[0] == codes[1] else "code_wrong")
    assert await try_code(scene, codes[1]) == "ok"


async def test_five_codes_in_a_day(scene: Scene) -> None:
    """However many calls come from a number, its owner is not texted more often; the next day again."""
    for number in range(PER_DAY):
        assert (await next_call(scene, f"CB{number}").run("send_code")).error_code is None
    assert (await next_call(scene, "CC1").run("send_code")).error_code == "too_many_codes"
    assert (await next_call(scene, "CC2", "+12025550144").run("send_code")).error_code is None
    await asyncio.sleep(DAY_S)
    assert (await next_call(scene, "CC3").run("send_code")).error_code is None
    assert len(scene.sms.sent) == PER_DAY + 2


async def test_the_business_may_text_less(scene: Scene) -> None:
    """The owner's caps on texts hold for codes as well."""
    few = msgspec.structs.replace(scene.business.texts, per_number=1)
    business = msgspec.structs.replace(scene.business, texts=few)
    scene.dispatcher.kit = msgspec.structs.replace(scene.dispatcher.kit, business=business)
    assert (await scene.run("send_code")).error_code is None
    assert (await next_call(scene).run("send_code")).error_code == "too_many_codes"


async def test_a_text_that_failed(scene: Scene) -> None:
    """It says so; nothing is claimed, and another one may be sent."""
    scene.sms.before("send", SmsRefused("30006"))
    result = await scene.run("send_code")
    assert (result.error_code, result.receipts) == ("text_failed", ())
    assert (await scene.run("send_code")).error_code is None
    assert await try_code(scene, texted_code(scene)) == "ok"


async def test_a_text_whose_fate_is_unknown(scene: Scene) -> None:
    """It may arrive, so its code counts; it is claimed by nobody, looked for, and never sent again."""
    scene.sms.after("send", SmsAmbiguous("timeout"))
    result = await scene.run("send_code")
    assert (result.error_code, result.receipts, result.keys_wanted) == ("text_unknown", (), 6)
    for _ in range(3):
        await sweep(scene)
    [text] = await code_texts(scene)
    assert (text.state, len(scene.sms.sent)) == (TextState.UNKNOWN, 1)
    assert await try_code(scene, texted_code(scene)) == "ok"


@pytest.mark.parametrize("method", ["queue_text", "claim_text"])
async def test_a_code_left_behind_is_never_sent(scene: Scene, method: str) -> None:
    """Whoever comes after does not know the code, and a row of asterisks is worth no text."""
    scene.store.before(method, LOST)
    assert (await scene.run("send_code")).error_code == "text_unknown"
    for _ in range(3):
        await sweep(scene)
    assert scene.sms.sent == []
    assert [text.state for text in await code_texts(scene)] == [TextState.FAILED] * (method == "claim_text")


async def test_a_text_that_takes_too_long(scene: Scene) -> None:
    """The call goes on, with the truth."""
    scene.sms.before("send", HANG)
    result = await scene.run("send_code")
    assert (result.error_code, result.receipts) == ("text_unknown", ())


# --- checking ---------------------------------------------------------------------


async def test_the_right_code_proves_it(scene: Scene) -> None:
    """However it is said; asked again it is still so, without another try."""
    await scene.run("send_code")
    result = await scene.run("check_code", code=" - ".join(texted_code(scene)))
    assert result.output == {"ok": True, "say": spoken.code_right()}
    assert result.keys_wanted == 0
    assert scene.facts.proved_by_code
    assert scene.facts.may_see_bookings
    assert await try_code(scene, "999999") == "ok"


async def test_nothing_to_check(scene: Scene) -> None:
    """Without a code of this call there is nothing to guess."""
    assert await try_code(scene, "111111") == "out_of_turn"


async def test_three_tries(scene: Scene) -> None:
    """After the third wrong one not even the right one helps, in this call."""
    await scene.run("send_code")
    code = texted_code(scene)
    for _ in range(TRIES - 1):
        result = await scene.run("check_code", code=another(code))
        assert (result.error_code, result.keys_wanted) == ("code_wrong", 6)
    result = await scene.run("check_code", code=another(code))
    assert (result.error_code, result.keys_wanted) == ("code_dead", 0)
    assert result.output["say"] == spoken.code_dead(person=True)
    assert await try_code(scene, code) == "code_dead"
    assert not scene.facts.may_see_bookings


async def test_another_code_brings_no_more_tries(scene: Scene) -> None:
    """The three tries are the call's."""
    await scene.run("send_code")
    await try_code(scene, another(texted_code(scene)))
    await try_code(scene, another(texted_code(scene)))
    await scene.run("send_code")
    assert await try_code(scene, another(texted_code(scene))) == "code_dead"
    assert await try_code(scene, texted_code(scene)) == "code_dead"


async def test_tries_are_counted_in_the_store(scene: Scene) -> None:
    """Who makes the server forget the call gets no more of them."""
    await scene.run("send_code")
    code = texted_code(scene)
    for _ in range(TRIES):
        scene.facts.wrong_codes = 0
        await try_code(scene, another(code))
    scene.facts.wrong_codes = 0
    assert await try_code(scene, code) == "code_dead"


async def test_guessing_all_day(scene: Scene) -> None:
    """Any number of calls with a forged number: so many guesses in a day, and so many texts to its owner."""
    tried = 0
    for number in range(3 * PER_DAY):
        call = next_call(scene, f"CB{number}")
        sent = len(scene.sms.sent)
        await call.run("send_code")
        wrong = another(texted_code(scene))
        while len(scene.sms.sent) > sent and await try_code(call, wrong) == "code_wrong":
            tried += 1
        tried += len(scene.sms.sent) > sent  # the last one, which was wrong as well
        assert not call.facts.may_see_bookings
    assert len(scene.sms.sent) == PER_DAY
    assert tried == PER_DAY * TRIES


async def test_what_is_no_code_is_no_try(scene: Scene) -> None:
    """Misheard digits cost nothing, and the keys are still wanted."""
    await scene.run("send_code")
    for heard in ("four two", "12345", "1234567", "120456"):
        result = await scene.run("check_code", code=heard)
        assert (result.error_code, result.keys_wanted) == ("code_misheard", 6)
    assert await try_code(scene, texted_code(scene)) == "ok"


async def test_a_code_runs_out(scene: Scene) -> None:
    """After ten minutes it is of no use."""
    await scene.run("send_code")
    await asyncio.sleep(LIVES.total_seconds() + 1)
    assert await try_code(scene, texted_code(scene)) == "code_dead"


async def test_a_code_of_another_call_or_number(scene: Scene) -> None:
    """A code proves who is on the line it was sent for, and nobody else."""
    await scene.run("send_code")
    code = texted_code(scene)
    other_number = "+12025550144"
    for call_sid, number in (("CA2", NUMBER), ("CA3", other_number), ("CA1", other_number)):
        other = next_call(scene, call_sid, number)
        assert await try_code(other, code) == "out_of_turn"
        await other.run("send_code")
        if texted_code(scene) != code:  # as good as always
            assert await try_code(other, code) == "code_wrong"
            assert not other.facts.may_see_bookings


async def test_a_code_is_good_once(scene: Scene) -> None:
    """Whoever overhears it, and makes the server forget the call, has nothing."""
    await scene.run("send_code")
    assert await try_code(scene, texted_code(scene)) == "ok"
    scene.facts.proved_by_code = False
    assert await try_code(scene, texted_code(scene)) == "code_dead"


async def test_two_at_once(scene: Scene) -> None:
    """Tool calls of one response are taken one after the other: no try is got for nothing."""
    await scene.run("send_code")
    wrong = another(texted_code(scene))
    came = await asyncio.gather(*(try_code(scene, wrong) for _ in range(5)))
    assert sorted(came) == ["code_dead"] * 3 + ["code_wrong"] * 2


@pytest.mark.parametrize("stumble", [LOST, HANG, RuntimeError("broken")])
async def test_a_store_that_fails_proves_nothing(scene: Scene, stumble: Exception | str) -> None:
    """Also when the code was right, and only the answer was lost."""
    await scene.run("send_code")
    scene.store.after("check_code", stumble)
    result = await scene.run("check_code", code=texted_code(scene))
    assert (result.error_code, result.output["say"]) == ("code_unchecked", spoken.code_unchecked(person=True))
    assert not scene.facts.may_see_bookings
