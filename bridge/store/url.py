"""What `DATABASE_URL` means: which database, and how to reach it.

Pure. Heroku and others write `postgres://`, SQLAlchemy wants `postgresql+asyncpg://`, and
asyncpg does not know libpq's `sslmode`: here one is turned into the other. Read
`database.py` next.
"""

import enum
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

LOCAL_HOSTS = frozenset({"", "localhost", "127.0.0.1", "::1"})


class DatabaseUrlError(ValueError):
    """The URL cannot be used. The text says what to change and never holds the password."""


class Tls(enum.StrEnum):
    """libpq's names for how a connection is encrypted.

    Source: PostgreSQL, "SSL Mode Descriptions"; Heroku's certificates are self-signed, hence `require`.
    """

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"  # encrypted, certificate not looked at
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class SqliteFile(msgspec.Struct, frozen=True):
    """A database in a file."""

    path: str


class PostgresServer(msgspec.Struct, frozen=True, kw_only=True):
    """A PostgreSQL database on a server. None: asyncpg's own default."""

    host: str | None  # a path that begins with "/" is the directory of a unix socket
    port: int | None
    user: str | None
    password: str | None
    database: str | None
    tls: Tls
    root_certificate: str | None = None  # file; None: the system's
    application_name: str | None = None


def read_url(url: str) -> SqliteFile | PostgresServer:
    """The database that `url` names. Raises DatabaseUrlError."""
    scheme, _, rest = url.partition(":")
    match scheme:
        case "sqlite":
            return _sqlite(rest)
        case "postgres" | "postgresql" | "postgresql+asyncpg":
            return _postgres(url)
        case _:
            raise DatabaseUrlError("DATABASE_URL must begin with sqlite:///, postgres:// or postgresql://")


def _sqlite(rest: str) -> SqliteFile:
    path = rest.removeprefix("///")
    if path == rest or path in ("", ":memory:") or "?" in path:
        # A database in memory is another one for each connection.
        raise DatabaseUrlError("SQLite needs a file: sqlite:///callbridge.db or sqlite:////full/path.db")
    return SqliteFile(unquote(path))


def _postgres(url: str) -> PostgresServer:
    try:
        parts = urlsplit(url)
        port = parts.port
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise DatabaseUrlError("DATABASE_URL is not a well-formed address") from error
    host = options.pop("host", None) or (unquote(parts.hostname) if parts.hostname else None)
    if given_port := options.pop("port", None):
        if not given_port.isascii() or not given_port.isdigit():
            raise DatabaseUrlError("the port in DATABASE_URL must be a number")
        port = int(given_port)
    local = host is None or host in LOCAL_HOSTS or host.startswith("/")
    mode = options.pop("sslmode", None) or options.pop("ssl", None) or (Tls.DISABLE if local else Tls.REQUIRE)
    if mode not in set(Tls):
        raise DatabaseUrlError(f"sslmode in DATABASE_URL must be one of {', '.join(Tls)}")
    server = PostgresServer(
        host=host,
        port=port,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        database=unquote(parts.path.removeprefix("/")) or None,
        tls=Tls(mode),
        root_certificate=options.pop("sslrootcert", None),
        application_name=options.pop("application_name", None),
    )
    if options:
        # Silently dropping one could drop a safeguard, such as channel_binding=require.
        raise DatabaseUrlError(f"DATABASE_URL: remove {', '.join(sorted(options))}, which is not known here")
    return server
