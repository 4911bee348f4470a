"""What vendors and our own tables set limits to, where that is written, and what to do when one is met. Pure.

The figures are the vendors', as their documents gave them in 2026; an account's own page rules. Where a
document does not say, there is no limit here, and the plan says only what is needed.
"""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from bridge.settings import SETTINGS
from tests.bench.blocks import Block, number
from tests.bench.paper import Plan, assumed, sums

DAY_DOLLARS = next(one.default for one in SETTINGS if one.name == "MAX_DOLLARS_PER_DAY") or "0"
MOST_CALLS = 10_000_000  # nobody looks further


class Limit(msgspec.Struct, frozen=True):
    """One of them."""

    name: str
    most: float
    need: Callable[[Plan], float]
    source: str
    remedy: str


OPENAI = "OpenAI's rate limits by model and tier (unconfirmed: an account's own page rules)"
GOOGLE = "Google Calendar API, guides/quota (May 2026)"
HEROKU = "Heroku Postgres plans"
MORE_TOKENS = "a higher tier, several projects, or Azure deployments side by side; shorter instructions"


def limits(row_ms: float) -> list[Limit]:
    """`row_ms`: how long a transaction holds a row."""
    return [
        Limit(
            f"our own MAX_DOLLARS_PER_DAY: {DAY_DOLLARS}, all day long",
            float(DAY_DOLLARS),
            lambda plan: 24 * plan.dollars_per_hour,
            "the default of the setting",
            "set it to what the day may cost",
        ),
        Limit(
            "OpenAI, lowest tier: 40,000 tokens a minute",
            40_000,
            lambda plan: plan.tokens_per_min,
            OPENAI,
            MORE_TOKENS,
        ),
        Limit(
            "OpenAI, lowest tier: 200 responses a minute",
            200,
            lambda plan: plan.responses_per_min,
            OPENAI,
            MORE_TOKENS,
        ),
        Limit(
            "OpenAI, highest tier: 15 million tokens a minute",
            15_000_000,
            lambda plan: plan.tokens_per_min,
            OPENAI,
            MORE_TOKENS,
        ),
        Limit(
            "OpenAI, highest tier: 20,000 responses a minute",
            20_000,
            lambda plan: plan.responses_per_min,
            OPENAI,
            MORE_TOKENS,
        ),
        Limit(
            "Twilio: 1 outbound call a second",
            1,
            lambda plan: plan.rings_per_s,
            "Twilio, outbound calls, default of an account",
            'have it raised; until then `mode = "cold"` in `[handoff]`: Twilio dials, and we ring nobody',
        ),
        Limit(
            "Google: 600 requests a minute for a service account",
            600,
            lambda plan: plan.google_per_min,
            GOOGLE,
            "have it raised, or a service account for each group of calendars; ask free/busy once for all "
            "processes, from the database",
        ),
        Limit(
            "Google: 10,000 requests a minute for a project",
            10_000,
            lambda plan: plan.google_per_min,
            GOOGLE,
            "several projects, a calendar in one of them",
        ),
        Limit(
            "Google: 1,000,000 unbilled requests a day for a project, all day long",
            1_000_000 / (24 * 60),
            lambda plan: plan.google_per_min,
            GOOGLE,
            "several projects, or the price that Google will have announced",
        ),
        *(
            Limit(
                f"PostgreSQL, {name}: {most} connections, two releases side by side",
                most,
                lambda plan: 2 * plan.connections,
                HEROKU,
                "a larger plan, or a pooler by transactions in front, with no statement cache in asyncpg",
            )
            for name, most in (("Essential-0", 20), ("Standard-0", 120), ("Standard-2", 400))
        ),
        Limit(
            f"one row for the day's money: {number(1000 / row_ms)} changes a second",
            1000 / row_ms,
            lambda plan: plan.day_row_per_s,
            f"bridge/store/spending.py, at {row_ms:g} ms for each",
            "a row for each process and day, summed up when asked",
        ),
    ]


def met_at(limit: Limit, plan: Plan) -> int:
    """The most calls at once that stay within it; 0 when it is met by whatever is there at once."""
    low, high = 0, MOST_CALLS
    while low < high:
        middle = (low + high + 1) // 2
        if limit.need(msgspec.structs.replace(plan, calls=middle)) <= limit.most:
            low = middle
        else:
            high = middle - 1
    return low


def in_order(plan: Plan) -> Block:
    """Which is met first, whatever the number of calls."""
    known = sorted(
        ((met_at(limit, plan), limit) for limit in limits(plan.given.row_ms)), key=lambda one: one[0]
    )
    return Block(
        "Which limit is met first",
        ("calls at once", "limit", "then"),
        tuple((_calls(most), limit.name, limit.remedy) for most, limit in known),
        (
            f"Sources: {'; '.join(dict.fromkeys(limit.source for _, limit in known))}.",
            "Twilio sets no limit to calls that come in on an upgraded account (help article); what a sender "
            "may text in a second depends on its kind and registration: read the console. How many Realtime "
            "sessions may be open at once OpenAI does not say.",
        ),
    )


def over(plan: Plan) -> Iterator[str]:
    """The limits that so many calls are over, in the order in which they are met."""
    met = [(met_at(limit, plan), limit) for limit in limits(plan.given.row_ms)]
    beyond = [limit for most, limit in sorted(met, key=lambda one: one[0]) if most < plan.calls]
    if not beyond:
        yield "Within every limit that is known."
        return
    yield f"First met: {beyond[0].name}. Then: {beyond[0].remedy}."
    yield from (f"Over, too: {limit.name} ({number(limit.need(plan))} are needed)." for limit in beyond[1:])


def on_paper(plans: Sequence[Plan]) -> Iterator[Block]:
    """The sums of each size, and then the limits by themselves."""
    for plan in plans:
        yield msgspec.structs.replace(sums(plan), below=tuple(over(plan)))
    if plans:
        yield in_order(plans[0])
        yield assumed(plans[0])


def _calls(most: int) -> str:
    return "any" if most >= MOST_CALLS else number(most)
