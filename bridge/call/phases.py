"""Where a call is, and why it ends: closed lists.

Pure. Read `session.py` next, which moves a call through them.
"""

import enum

# Faults of the model's that no second try mends: no money, no right, no such model.
FATAL_FAULTS = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "billing_hard_limit_reached",
        "invalid_api_key",
        "account_deactivated",
        "model_not_found",
        "invalid_model",
        "beta_api_shape_disabled",
    }
)


class Phase(enum.Enum):
    """Where the call is."""

    OPENING = enum.auto()  # one of the legs is not ready
    GREETING = enum.auto()  # until the first turn is generated
    TALKING = enum.auto()
    LEAVING = enum.auto()  # the next step is decided; what was said is still being heard
    ENDED = enum.auto()


class EndReason(enum.StrEnum):
    """Why a stream ended: a closed list."""

    CALLER_HUNG_UP = "caller_hung_up"
    STREAM_LOST = "stream_lost"
    SAID_GOODBYE = "said_goodbye"
    TRANSFER = "transfer"
    KEY_ZERO = "key_zero"
    NOT_UNDERSTOOD = "not_understood"  # keys without sense, or noise without end: a person, by code
    MODEL_SLOW = "model_slow"
    MODEL_FORMAT = "model_format"
    MODEL_FAULT = "model_fault"
    MODEL_FAILED = "model_failed"
    MODEL_LOST = "model_lost"
    CALLER_SILENT = "caller_silent"  # asked twice whether they are still there
    MODEL_UNTRUTHFUL = "model_untruthful"  # claimed again and again what was not done
    CALL_TOO_LONG = "call_too_long"
    CALL_TOO_DEAR = "call_too_dear"
    SERVER_STOPPING = "server_stopping"
    SERVER_ERROR = "server_error"  # our own mistake; said by the shell


# The caller chose to end it, as far as can be told.
CALLERS_CHOICE = frozenset({EndReason.SAID_GOODBYE, EndReason.CALLER_SILENT, EndReason.CALLER_HUNG_UP})
# The agent must not take the call back: the person is rung cold.
LIMITS = frozenset({EndReason.CALL_TOO_LONG, EndReason.CALL_TOO_DEAR})
# The caller is still there and nothing was agreed: the call may go on in another stream.
BROKEN = frozenset({EndReason.STREAM_LOST, EndReason.SERVER_STOPPING, EndReason.SERVER_ERROR})
