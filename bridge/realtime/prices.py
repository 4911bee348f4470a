"""What the model's tokens cost: the one place with prices.

Pure. Source: OpenAI, price list, as read on 2026-11-20; look again when a model is added. Cached tokens
are part of the input tokens. Writing down the caller's words is billed apart, about half a cent a
minute, and is not counted here. Read next: `bridge/call/limits.py`, which keeps to a budget.
"""

import msgspec

from bridge.call.messages import Usage


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars per million tokens, and so millionths of a dollar per token."""

    text_in: float
    text_cached: float
    text_out: float
    audio_in: float
    audio_cached: float
    audio_out: float


_BIG = Prices(text_in=4, text_cached=0.4, text_out=24, audio_in=32, audio_cached=0.4, audio_out=64)
_MINI = Prices(text_in=0.6, text_cached=0.06, text_out=2.4, audio_in=10, audio_cached=0.3, audio_out=20)
_OLDER = Prices(text_in=4, text_cached=0.4, text_out=16, audio_in=32, audio_cached=0.4, audio_out=64)

# By how a model's name begins; the longest that fits counts.
PRICES = {
    "gpt-realtime-2.1-mini": _MINI,
    "gpt-realtime-2": _BIG,
    "gpt-realtime-1.5": _OLDER,
}
DEAREST = _BIG  # an Azure deployment may have any name: better a cap too early than a bill


def prices_of(model: str) -> Prices:
    """The prices of a model by its name; of one that is not known, the highest."""
    fitting = [name for name in PRICES if model.startswith(name)]
    return PRICES[max(fitting, key=len)] if fitting else DEAREST


def cost_micros(usage: Usage, prices: Prices) -> int:
    """Millionths of a dollar that a turn has cost, rounded."""
    return round(
        (usage.input_text - usage.cached_text) * prices.text_in
        + usage.cached_text * prices.text_cached
        + usage.output_text * prices.text_out
        + (usage.input_audio - usage.cached_audio) * prices.audio_in
        + usage.cached_audio * prices.audio_cached
        + usage.output_audio * prices.audio_out
    )
