"""Errors become answers."""

from tools import spoken
from tools.errors import BadArguments, Declined, NotConfirmed
from tools.result import Reply


def test_a_mistake_of_the_models_has_a_problem_and_a_harmless_sentence() -> None:
    """What is wrong is for the model; the caller hears a filler."""
    result = BadArguments("service: unknown").result()
    assert result.output == {"ok": False, "say": spoken.one_moment(), "problem": "service: unknown"}
    assert (result.error_code, result.reply) == ("bad_arguments", Reply.MODEL)


def test_an_unconfirmed_write_asks_nobody_to_speak() -> None:
    """No sentence, no response."""
    result = NotConfirmed("unheard", "wait").result()
    assert (result.output["say"], result.reply, result.error_code) == ("", Reply.NONE, "unheard")


def test_a_sentence_alone_has_no_problem() -> None:
    """Where the model can do nothing there is nothing for it to read."""
    assert Declined("No.", code="why").result().output == {"ok": False, "say": "No."}
