"""What DATABASE_URL may look like."""

import pytest

from bridge.store.url import DatabaseUrlError, PostgresServer, SqliteFile, Tls, read_url


def server(url: str) -> PostgresServer:
    place = read_url(url)
    assert isinstance(place, PostgresServer)
    return place


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_spelling_of_the_scheme_is_taken(scheme: str) -> None:
    """Heroku writes postgres://, others postgresql://; both mean the same."""
    assert server(f"{scheme}://ann:s%40fe@db.example.com:5433/shop") == PostgresServer(
        host="db.example.com", port=5433, user="ann", password="s@fe", database="shop", tls=Tls.REQUIRE
    )


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("postgres://u:p@db.example.com/shop", Tls.REQUIRE),
        ("postgres://u:p@localhost/shop", Tls.DISABLE),
        ("postgres://u:p@127.0.0.1:5432/shop", Tls.DISABLE),
        ("postgres://u:p@[::1]/shop", Tls.DISABLE),
        ("postgresql:///shop", Tls.DISABLE),
        ("postgresql://u@/shop?host=/run/postgresql", Tls.DISABLE),
        ("postgresql://u@%2Frun%2Fpostgresql/shop", Tls.DISABLE),
        ("postgres://u:p@localhost/shop?sslmode=require", Tls.REQUIRE),
        ("postgres://u:p@db.example.com/shop?sslmode=disable", Tls.DISABLE),
        ("postgres://u:p@db.example.com/shop?sslmode=verify-full", Tls.VERIFY_FULL),
        ("postgres://u:p@db.example.com/shop?ssl=prefer", Tls.PREFER),
    ],
)
def test_only_a_connection_that_leaves_the_machine_is_encrypted_unasked(url: str, tls: Tls) -> None:
    """TLS is the rule for other machines; sslmode overrides it either way."""
    assert server(url).tls is tls


def test_a_unix_socket_is_named_in_the_query() -> None:
    """The host may be a directory, and the port may stand beside it."""
    place = server("postgresql://u@/shop?host=/tmp/pg&port=5499")
    assert (place.host, place.port, place.database) == ("/tmp/pg", 5499, "shop")


def test_the_rest_of_the_query_is_kept() -> None:
    """A root certificate and an application's name are handed on."""
    place = server("postgres://u@db.example.com/shop?sslrootcert=/etc/ca.pem&application_name=bridge")
    assert (place.root_certificate, place.application_name) == ("/etc/ca.pem", "bridge")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///shop.db", "shop.db"),
        ("sqlite:////var/shop.db", "/var/shop.db"),
        ("sqlite:///a%20b.db", "a b.db"),
    ],
)
def test_sqlite_is_a_file(url: str, path: str) -> None:
    """Three slashes and a relative path, four and an absolute one."""
    assert read_url(url) == SqliteFile(path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://u:secret@h/d",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///shop.db?mode=ro",
        "postgres://u:secret@h:port/d",
        "postgres://u:secret@h/d?port=x",
        "postgres://u:secret@h/d?sslmode=perhaps",
        "postgres://u:secret@h/d?channel_binding=require",
        "postgres://u:secret@[h/d",
    ],
)
def test_what_cannot_be_used_is_refused_without_naming_the_password(url: str) -> None:
    """A wrong URL fails at the start, with a text that may be logged."""
    with pytest.raises(DatabaseUrlError) as refused:
        read_url(url)
    assert "secret" not in str(refused.value)
