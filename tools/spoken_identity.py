"""What the agent says about who is calling: the greeting of a returning caller, and codes.

Pure. Like `spoken.py`, whose words for dates and times it uses: few and fixed sentences, and none that
claims more than `returning.py` or `identity.py` has proved. No sentence here holds a name or a code.
"""

from datetime import datetime

from tools.spoken import spoken_start

# --- the greeting -----------------------------------------------------------------


def next_appointment(service: str, start: datetime) -> str:
    """For a number that the network vouches for. Service and start only: somebody else may have answered."""
    return f"I see your next appointment: {service} on {spoken_start(start)}."


def move_or_another() -> str:
    return "Would you like to move it, or book another appointment?"


# --- sending a code ---------------------------------------------------------------


def code_sent() -> str:
    return "I've sent you a text with a code. Please tell me its six digits, or key them in."


def code_text_unknown() -> str:
    return (
        "I'm sorry, I can't tell whether the text went out. "
        "If it reaches you, please tell me its six digits, or key them in."
    )


def code_not_sent(person: bool) -> str:
    """The text certainly did not go out, or was one too many. `person`: somebody can be rung."""
    return f"I'm sorry, I can't text you a code. {_otherwise(person)}"


# --- checking a code --------------------------------------------------------------


def code_right() -> str:
    return "Thank you, that's right. Now I can look at your appointments."


def code_wrong() -> str:
    return "I'm sorry, that is not the code. Please tell me its six digits again, or key them in."


def code_misheard() -> str:
    """What was heard is no code, so it was not compared with any."""
    return "I'm sorry, I need all six digits of the code. Please tell me again, or key them in."


def code_dead(person: bool) -> str:
    """Run out, tried too often, or never made."""
    return f"I'm sorry, I can't take that code. {_otherwise(person)}"


def code_unchecked(person: bool) -> str:
    """The store did not answer."""
    return f"I'm sorry, I can't check the code right now. {_otherwise(person)}"


def _otherwise(person: bool) -> str:
    if person:
        return "Shall I take a message, or would you rather speak to a person?"
    return "Shall I take a message?"
