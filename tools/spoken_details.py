"""The sentences that read back what a caller told: digits and letters, one by one.

Pure. A voice reads "0143" or "reed@" as it likes, so nothing is left to it: digits are
words, letters stand alone, in groups with pauses (commas) between. Well-known parts of an
address stay words. `details.py` puts the sentences together.
"""

from collections.abc import Sequence

from tools.spoken import spoken_number

SIGNS = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus", "'": "apostrophe"}
# Parts of a domain that are said as words; every other part is spelt.
WORDS = frozenset(
    {"gmail", "googlemail", "yahoo", "hotmail", "outlook", "live", "icloud", "aol", "example"}
    | {"com", "org", "net", "edu"}
)


def phone_words(groups: Sequence[str]) -> str:
    """A group's digits run on, groups stand apart: "two zero two, five five five"."""
    return ", ".join(" ".join(_sign_or_digit(sign) for sign in group) for group in groups)


def email_words(address: str) -> str:
    """Sign by sign, save for well-known parts: "D, A, N, A, at, gmail, dot, com"."""
    local, _, domain = address.rpartition("@")
    words = [_letter(sign) for sign in local] + [SIGNS["@"]]
    for number, part in enumerate(domain.split(".")):
        words += [SIGNS["."]] if number else []
        words += [part] if part in WORDS else [_letter(sign) for sign in part]
    return ", ".join(words)


def name_words(name: str) -> str:
    """Letter by letter, the words of a name apart: "D, A, N, A; R, E, E, D"."""
    parts = name.replace("’", "'").replace(",", "").split()
    return "; ".join(", ".join(_letter(sign) for sign in part) for part in parts)


def _sign_or_digit(sign: str) -> str:
    return SIGNS[sign] if sign in SIGNS else spoken_number(int(sign))


def _letter(sign: str) -> str:
    return sign.upper() if sign.isalpha() else _sign_or_digit(sign)


# --- sentences --------------------------------------------------------------------


def read_back(what: str, words: str) -> str:
    """What was told and is easily misheard, in words as above. `what`: "the number", say."""
    return f"I have {what} as {words}."


def is_that_right() -> str:
    return "Is that right?"


def noted() -> str:
    """Nothing to read back. Does not say that anything is done."""
    return "Thank you."


def number_again() -> str:
    return "I'm sorry, that is not a complete telephone number. Could you say it again, with the area code?"


def email_again() -> str:
    return "I'm sorry, that is not a complete email address. Could you spell it for me?"


def details_unknown() -> str:
    """The store did not answer: what was told may or may not be kept."""
    return "I'm sorry, I can't tell whether that was saved. Shall I take a message?"
