"""Texts in GSM-7, the alphabet of telephones, wherever nothing is lost by it.

Pure. One character outside of it has a text sent in UCS-2, where 70 characters fill it
instead of 160. So typographic marks and accents are written plainly; a name in another
script is left as it is, and costs what it costs.
Source: 3GPP TS 23.038; Twilio, "What is GSM-7 character encoding?".
"""

import unicodedata

from anyascii import anyascii
from gsm0338 import charset  # type: ignore[import-untyped]

_LEFT_OUT = "\x1b\f"  # the escape itself, and a page break: no telephone shows them
SEPTETS: dict[str, int] = {
    character: size
    for names, size in ((charset.BASIC_CHARACTER_SET, 1), (charset.BASIC_CHARACTER_SET_EXTENSION, 2))
    for character in map(unicodedata.lookup, names.values())
    if character not in _LEFT_OUT
}
"""Every character of GSM-7 with its length; those of the extension table count two."""

ALONE, IN_PART = 160, 153  # septets in a text of one part, and in each of several
UCS2_ALONE, UCS2_IN_PART = 70, 67  # 16-bit units
# General categories of what may be written plainly wherever it stands: marks, spaces, what is not seen.
_PLAIN_KINDS = ("P", "Z", "Sk", "Cf", "Cc")


def plain(text: str) -> str:
    """`text` in GSM-7 if only marks and Latin letters keep it out; else as it is."""
    composed = unicodedata.normalize("NFC", text)
    written = "".join(map(_written, composed))
    return written if fits(written) else composed


def fits(text: str) -> bool:
    """Whether all of it is GSM-7."""
    return all(character in SEPTETS for character in text)


def outside(text: str) -> str:
    """The characters that are not GSM-7, each once, in order."""
    return "".join(dict.fromkeys(character for character in text if character not in SEPTETS))


def segments(text: str) -> int:
    """How many parts a text is sent, and paid for, in: at least one."""
    if fits(text):
        sizes, alone, in_part = [SEPTETS[character] for character in text], ALONE, IN_PART
    else:
        sizes = [2 if ord(character) > 0xFFFF else 1 for character in text]
        alone, in_part = UCS2_ALONE, UCS2_IN_PART
    if sum(sizes) <= alone:
        return 1
    parts = room = 0
    for size in sizes:  # what counts two is never cut in half
        if size > room:
            parts, room = parts + 1, in_part
        room -= size
    return parts


def _written(character: str) -> str:
    if character in SEPTETS:
        return character
    kind = unicodedata.category(character)
    latin = kind.startswith("L") and unicodedata.name(character, "").startswith("LATIN")
    if character == "\t":
        return " "
    if latin or kind.startswith(_PLAIN_KINDS) or character == "\N{MINUS SIGN}":
        return anyascii(character).replace("`", "'") if kind != "Cc" else ""
    return character
