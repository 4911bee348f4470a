"""What turns cost, by the price list."""

import pytest

from bridge.call.messages import Usage
from bridge.realtime.prices import DEAREST, PRICES, cost_micros, prices_of

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("usage", "dollars"),
    [
        (Usage(input_text=MILLION), 4.0),
        (Usage(input_text=MILLION, cached_text=MILLION), 0.4),  # cached tokens are part of the input
        (Usage(input_audio=MILLION), 32.0),
        (Usage(input_audio=MILLION, cached_audio=MILLION // 2), 16.2),
        (Usage(output_text=MILLION), 24.0),
        (Usage(output_audio=MILLION), 64.0),
        (Usage(), 0.0),
    ],
)
def test_each_kind_of_token_has_its_price(usage: Usage, dollars: float) -> None:
    """A million tokens of a kind cost what the price list says."""
    assert cost_micros(usage, PRICES["gpt-realtime-2"]) == round(dollars * MILLION)


def test_a_minute_of_the_agents_speech() -> None:
    """1,200 tokens of audio are 7.68 cents, as OpenAI's own sum has it."""
    assert cost_micros(Usage(output_audio=1200), prices_of("gpt-realtime-2.1")) == 76_800


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("gpt-realtime-2.1", "gpt-realtime-2"),
        ("gpt-realtime-2", "gpt-realtime-2"),
        ("gpt-realtime-2.1-mini", "gpt-realtime-2.1-mini"),
        ("gpt-realtime-1.5", "gpt-realtime-1.5"),
    ],
)
def test_a_model_has_the_prices_of_its_family(model: str, listed: str) -> None:
    """The longest name that fits counts: a mini is no big one."""
    assert prices_of(model) is PRICES[listed]


def test_an_unknown_model_costs_the_most() -> None:
    """An Azure deployment may have any name: the cap comes too early rather than too late."""
    assert prices_of("my-deployment") is DEAREST
    usage = Usage(*[1000] * 6)
    assert all(cost_micros(usage, DEAREST) >= cost_micros(usage, each) for each in PRICES.values())
