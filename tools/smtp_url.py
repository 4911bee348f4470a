"""What `SMTP_URL` and `MAIL_FROM` mean: which mail server, and from whom.

Pure. The password is shown nowhere, not even by `repr`. Used by `bridge/settings.py`; read
`mail.py` next.
"""

import enum
import re
from email.utils import getaddresses
from urllib.parse import unquote, urlsplit

import msgspec

from tools.loopback import is_loopback

DEFAULT_PORTS = {"smtp": 587, "smtps": 465}  # submission, submission over TLS: RFC 6409, RFC 8314
# Plain addresses only: what more RFC 5321 allows, no mail service gives out.
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


class Security(enum.Enum):
    """How a connection to the mail server is kept private."""

    STARTTLS = enum.auto()  # begins in plain, and goes on only over TLS
    TLS = enum.auto()  # from the first byte
    NONE = enum.auto()  # to this machine only


class SmtpUrlError(ValueError):
    """The address cannot be used. The text says what is expected, and holds nothing of it."""


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str | None = None  # None: it wants no login
    password: str | None = None

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, {self.security.name})"


class MailAddress(msgspec.Struct, frozen=True):
    """An address with the name that stands beside it."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def read_smtp_url(url: str) -> SmtpServer:
    """The server that `url` names. Raises SmtpUrlError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SmtpUrlError("a well-formed address") from None
    if (
        parts.scheme not in DEFAULT_PORTS
        or not host
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise SmtpUrlError("smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465")
    if (parts.username is None) != (parts.password is None) or parts.username == "":
        raise SmtpUrlError("a user with a password, or neither; write @ as %40, : as %3A, / as %2F")
    if parts.scheme == "smtps":
        security = Security.TLS
    else:
        security = Security.NONE if is_loopback(host) else Security.STARTTLS
    if security is Security.NONE and parts.username is not None:
        raise SmtpUrlError("no password for a server on this machine: it would be sent without TLS")
    return SmtpServer(
        host=host,
        port=port or DEFAULT_PORTS[parts.scheme],
        security=security,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def read_mail_from(text: str) -> MailAddress:
    """One address, perhaps with a name: `Maple Street Dental <hello@example.com>`. Raises SmtpUrlError."""
    found = getaddresses([text])
    if len(found) != 1 or not is_address(found[0][1]) or not text.isprintable():
        raise SmtpUrlError("one address, such as hello@example.com or Maple Street <hello@example.com>")
    name, address = found[0]
    return MailAddress(address, name)


def is_address(text: str) -> bool:
    """Whether mail can be sent there as it stands; ASCII only."""
    return ADDRESS.fullmatch(text) is not None
