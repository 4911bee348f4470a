"""What goes wrong with the model's leg. Read next: line_faults.py."""

from collections.abc import Callable

from bridge.harness.model.faults import ModelFaults
from tests.faults.bad_messages import FROM_THE_MODEL, OF_TOMORROW

Act = Callable[[ModelFaults], None]
FOR_GOOD = 5  # times: more sessions than a call may open
WAIT_A_LITTLE = "Rate limit reached. Please try again in 2.6s."


def closed(faults: ModelFaults) -> None:
    faults.close(1011, "server error")


def vanished(faults: ModelFaults) -> None:
    faults.vanish()


def hour_over(faults: ModelFaults) -> None:
    faults.expire()


def hour_over_untold(faults: ModelFaults) -> None:
    faults.expire(told=False)


def stalled(faults: ModelFaults) -> None:
    faults.stall()


def closed_and_refused_once(faults: ModelFaults) -> None:
    faults.refuse_next(429)
    faults.close(1011)


def closed_and_mute_once(faults: ModelFaults) -> None:
    faults.mute_next()
    faults.vanish()


def rate_limited(faults: ModelFaults) -> None:
    faults.fail_next_turn("rate_limit_exceeded", WAIT_A_LITTLE)


def turn_failed(faults: ModelFaults) -> None:
    faults.fail_next_turn("server_error")


def written(faults: ModelFaults) -> None:
    faults.write_next_turn()


def babbles(faults: ModelFaults) -> None:
    faults.babble((*FROM_THE_MODEL, *OF_TOMORROW))


def refused_once(faults: ModelFaults) -> None:
    faults.refuse_next(503)


def turned_away_once(faults: ModelFaults) -> None:
    faults.turn_away_next("server_error")


def mute_once(faults: ModelFaults) -> None:
    faults.mute_next()


def no_money(faults: ModelFaults) -> None:
    faults.fail_next_turn("insufficient_quota")


def closed_for_good(faults: ModelFaults) -> None:
    faults.refuse_next(503, FOR_GOOD)
    faults.vanish()


def key_withdrawn(faults: ModelFaults) -> None:
    faults.refuse_next(401, FOR_GOOD)
    faults.vanish()


def not_allowed(faults: ModelFaults) -> None:
    faults.refuse_next(403, FOR_GOOD)
    faults.close(1011)


def too_many(faults: ModelFaults) -> None:
    faults.refuse_next(429, FOR_GOOD)
    faults.close(1011)


def turned_away(faults: ModelFaults) -> None:
    faults.turn_away_next("invalid_model", FOR_GOOD)
    faults.vanish()


def stalled_for_good(faults: ModelFaults) -> None:
    faults.mute_next(FOR_GOOD)
    faults.stall()


# Another session, or another turn, helps: the call goes on.
GO_ON: dict[str, Act] = {
    "model closes (1011)": closed,
    "model vanishes": vanished,
    "model's hour is over": hour_over,
    "model's hour is over (1001)": hour_over_untold,
    "model stalls": stalled,
    "model closes, refuses once": closed_and_refused_once,
    "model vanishes, next mute": closed_and_mute_once,
    "model's rate limit": rate_limited,
    "model writes only": written,
    "model babbles": babbles,
}
# None does: a person.
NO_MODEL: dict[str, Act] = {
    "model's quota gone": no_money,
    "model closes for good": closed_for_good,
    "model's key withdrawn (401)": key_withdrawn,
    "model stalls for good": stalled_for_good,
}
GO_ON_AT_FIRST: dict[str, Act] = {
    "model refuses once (503)": refused_once,
    "model turns away once": turned_away_once,
    "model is mute at first": mute_once,
    "model's first turn fails": turn_failed,
}
NO_MODEL_AT_FIRST: dict[str, Act] = {
    "model refuses (403)": not_allowed,
    "model refuses (429)": too_many,
    "model turns away (4000)": turned_away,
}
