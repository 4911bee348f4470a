"""Which numbers a business texts to.

A table look-up of the `phonenumbers` package, no I/O. A text costs money wherever it goes, and
some numbers earn it: so texts go only to the countries in business.toml, the business's own
unless the owner names others. Used wherever a text is queued or sent.
"""

import msgspec
import phonenumbers

from tools.business import Business
from tools.phone_numbers import country_of


def is_texted(business: Business, number: str) -> bool:
    """Whether this business sends texts to such a number (E.164) at all; to its owner's always."""
    if number == business.owner.sms:
        return True
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False
    dear = kind == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return not dear and country_of(number) in business.texts.countries


def with_home_country(business: Business, our_number: str) -> Business:
    """The business, texting to the country of its own number where the owner's file names none."""
    try:
        home = country_of(our_number)
    except phonenumbers.NumberParseException:
        home = None
    if business.texts.countries or home is None:
        return business
    texts = msgspec.structs.replace(business.texts, countries=(home,))
    return msgspec.structs.replace(business, texts=texts)
