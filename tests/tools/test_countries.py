"""Which numbers are texted to."""

import msgspec
import pytest

from tests.tools.shop import shop
from tools.business import Business, TextRules
from tools.countries import is_texted, with_home_country


def texting(*countries: str) -> Business:
    return msgspec.structs.replace(shop(), texts=TextRules(countries=countries))


@pytest.mark.parametrize(
    ("countries", "number", "texted"),
    [
        (("US",), "+12025550143", True),
        (("US",), "+14165550143", False),  # Canada, the same +1
        (("US", "CA"), "+14165550143", True),
        (("US",), "+18765550143", False),  # Jamaica, the same +1
        (("US",), "+19005550143", False),  # premium rate
        (("GB",), "+447400123456", True),
        (("US",), "+447400123456", False),
        (("GB",), "+448712345678", False),  # premium rate
        (("US",), "+999123456789", False),
        (("US",), "+12225550143", False),  # no such area
        ((), "+12025550143", False),
    ],
)
def test_only_to_these_countries(countries: tuple[str, ...], number: str, texted: bool) -> None:
    """By the numbering plan, not by the digits in front; never to a number that earns by it."""
    assert is_texted(texting(*countries), number) is texted


def test_the_country_of_our_own_number() -> None:
    """Where the owner names none; and what the owner names stays."""
    assert with_home_country(texting(), "+12025550100").texts.countries == ("US",)
    assert with_home_country(texting("GB"), "+12025550100").texts.countries == ("GB",)
    assert with_home_country(texting(), "+999123456789").texts.countries == ()
