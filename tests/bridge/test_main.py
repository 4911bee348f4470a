"""The command line: help worth reading, and refusals that say what to do."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.__main__ import main
from bridge.harness.google.identity import throwaway_service_account
from bridge.settings import SETTINGS
from tests.server import ACCOUNT, BUSINESS, NUMBER, PUBLIC, logs_kept

COMMANDS = ("serve", "migrate", "check", "replay")
SECRET = "do-not-show-this-value"
Output = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder, and an environment without any setting."""
    monkeypatch.chdir(tmp_path)
    for name in (*(setting.name for setting in SETTINGS), "DYNO"):
        monkeypatch.delenv(name, raising=False)
    with logs_kept():
        yield tmp_path


@pytest.fixture
def ready(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with every setting that a server needs."""
    for name, value in good(folder).items():
        monkeypatch.setenv(name, value)
    return folder


def good(folder: Path) -> dict[str, str]:
    return {
        "PORT": "0",
        "PUBLIC_BASE_URL": PUBLIC,
        "DATABASE_URL": f"sqlite:///{folder / 'bridge.db'}",
        "OPENAI_API_KEY": SECRET,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": SECRET,
        "TWILIO_NUMBER": NUMBER,
        "GOOGLE_SERVICE_ACCOUNT_JSON": json.dumps(throwaway_service_account("http://127.0.0.1:9/token")),
        "BUSINESS_FILE": str(BUSINESS),
    }


def refused(capsys: Output, *arguments: str) -> str:
    """What a command says that exits with 2. It says so on stderr, and shows no secret."""
    assert main([*arguments]) == 2
    shown = capsys.readouterr()
    assert SECRET not in shown.out + shown.err
    assert "Traceback" not in shown.err
    return shown.err


# --- help -------------------------------------------------------------------------


def test_help(capsys: Output) -> None:
    """`bridge --help` says what this is, names every command with a line, and where settings come from."""
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert "Callbridge answers the telephone" in shown
    assert ".env.example" in shown
    for command in COMMANDS:
        assert any(line.split()[:1] == [command] and len(line.split()) > 4 for line in shown.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(command: str, capsys: Output) -> None:
    """Each command's own help is more than its name: a sentence or two on what it does."""
    with pytest.raises(SystemExit) as left:
        main([command, "--help"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: bridge {command}")
    assert len(shown.split()) > 25


@pytest.mark.parametrize("arguments", [[], ["sing"], ["replay"], ["serve", "--port", "5000"]])
def test_wrong_arguments(arguments: list[str], capsys: Output) -> None:
    """A command that does not exist, or lacks what it needs, exits with 2 and its usage."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("usage: bridge")


# --- settings ---------------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "migrate", "check"])
def test_without_settings(command: str, folder: Path, capsys: Output) -> None:
    """Nothing starts without settings: the list of what is missing is on stderr."""
    shown = refused(capsys, command)
    for setting in SETTINGS:
        assert (f"{setting.name}: not set" in shown) == (setting.default is None)
    assert list(folder.iterdir()) == []


def test_settings_from_a_file(ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """A file .env in the working folder counts, and the environment counts more."""
    values = good(ready)
    for name in values:
        monkeypatch.delenv(name)
    lines = [f"{name}='{value}'" for name, value in {**values, "PORT": "not a port"}.items()]
    (ready / ".env").write_text("\n".join(["# settings", "", *lines]), encoding="utf-8")
    assert "PORT: expected a whole number" in refused(capsys, "check")
    monkeypatch.setenv("PORT", "5000")
    assert main(["migrate"]) == 0
    assert main(["check"]) == 0
    assert "in order" in capsys.readouterr().out
    assert set(values) & set(os.environ) == {"PORT"}  # what is read from a file stays there


def test_check_and_migrate(ready: Path, capsys: Output) -> None:
    """`migrate` makes the tables, twice if need be; `check` finds everything in order."""
    assert [main(["migrate"]), main(["migrate"]), main(["check"])] == [0, 0, 0]
    assert (ready / "bridge.db").is_file()
    assert capsys.readouterr().out.count("up to date") == 2


def test_check_warns_of_dear_texts(ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """They may be meant, so it is in order all the same; the owner's own file is named with the key."""
    text = BUSINESS.read_text(encoding="utf-8")
    path = ready / "mine.toml"
    path.write_text(text.replace("[wording]", '[wording]\nmoved_text = "🙂 {date}: reply YES"'), "utf-8")
    monkeypatch.setenv("BUSINESS_FILE", str(path))
    assert [main(["migrate"]), main(["check"])] == [0, 0]
    shown = capsys.readouterr().out
    assert shown.count("mine.toml: wording.moved_text: ") == 2
    assert shown.count("mine.toml: owner: nobody is told of callbacks") == 1
    assert "in order" in shown


# --- what a server refuses to start with ------------------------------------------


def test_port_taken(ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """Somebody listens there already: a sentence, not a traceback."""
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - what a server binds
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        shown = refused(capsys, "serve")
    assert shown.startswith("callbridge cannot start:")
    assert str(port) in shown
    assert "in use" in shown


BAD_BUSINESS = {
    "no TOML": ('name = "Maple"\nzone =\n', "line 2"),
    "no zone": ('name = "Maple"\nzone = "Mars/Olympus"\n', "zone"),
    "an unknown key": (BUSINESS.read_text(encoding="utf-8") + "\n[extra]\nx = 1\n", "extra"),
}


@pytest.mark.parametrize("why", BAD_BUSINESS)
def test_a_business_file_with_an_error(
    why: str, ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """File, and line or key, and what is expected there."""
    text, named = BAD_BUSINESS[why]
    path = ready / "mine.toml"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("BUSINESS_FILE", str(path))
    for command in ("serve", "check"):
        shown = refused(capsys, command)
        assert "mine.toml" in shown
        assert named in shown


def test_instructions_with_an_unknown_placeholder(
    ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """A placeholder nobody fills would be read out to callers."""
    path = ready / "mine.txt"
    path.write_text("You are {agent} at {planet}.", encoding="utf-8")
    monkeypatch.setenv("INSTRUCTIONS_FILE", str(path))
    assert "planet" in refused(capsys, "check")
    path.write_text("You are {agent}. {task} Today is {today}.", encoding="utf-8")
    assert "booking.md" in refused(capsys, "check")
    (ready / "booking.md").write_text("Book on {planet}.", encoding="utf-8")
    assert "planet" in refused(capsys, "check")


@pytest.mark.parametrize(
    "value", [SECRET, '{"type": "authorized_user"}', '{"private_key": "' + SECRET + '"}']
)
def test_a_google_key_that_is_none(
    value: str, ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """What is wrong with the key is said, the key is not."""
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT_JSON", value)
    assert refused(capsys, "check").startswith("callbridge cannot start: ")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:////nowhere/at/all/bridge.db", "unable to open database file"),
        (f"postgres://user:{SECRET}@127.0.0.1:9/name", "no connection to postgresql"),
    ],
)
def test_a_database_that_cannot_be_reached(
    url: str, expected: str, ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """A sentence on what could not be reached, without the password."""
    monkeypatch.setenv("DATABASE_URL", url)
    assert expected in refused(capsys, "migrate").lower()


def test_a_disk_that_does_not_last(ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """On a dyno an SQLite file is gone every day; that is refused unless told otherwise."""
    monkeypatch.setenv("DYNO", "web.1")
    assert "ALLOW_TEMPORARY_SQLITE" in refused(capsys, "check")
    monkeypatch.setenv("ALLOW_TEMPORARY_SQLITE", "yes")
    assert [main(["migrate"]), main(["check"])] == [0, 0]


# --- recordings -------------------------------------------------------------------


def test_a_recording_that_is_none(folder: Path, capsys: Output) -> None:
    """A folder without a recording is named."""
    assert "nowhere" in refused(capsys, "replay", str(folder / "nowhere"))


def test_a_recording_with_errors(folder: Path, capsys: Output) -> None:
    """Every problem at once: file, line, key and what is expected."""
    recording = folder / "mine"
    recording.mkdir()
    (folder / "business.toml").write_text(BUSINESS.read_text(encoding="utf-8"), encoding="utf-8")
    (recording / "recording.toml").write_text(
        'title = "Mine"\nabout = "Nothing."\ndate = 2026-11-23T09:05:00\ncaller = "12"\n'
        'business = "../business.toml"\n[[caller_line]]\npress = "x"\nafter_quiet_ms = -1\n'
        '[expect]\noutcome = "booked"\nend = "never"\n',
        encoding="utf-8",
    )
    shown = refused(capsys, "replay", str(recording), "--fast")
    for part in ("recording.toml", "caller", "press", "after_quiet_ms", "end", "line 6"):
        assert part in shown


def test_a_recording_whose_business_has_an_error(folder: Path, capsys: Output) -> None:
    """The business file a recording names is read before anything starts."""
    recording = folder / "mine"
    recording.mkdir()
    (folder / "business.toml").write_text('name = "Maple"\nzone = "Mars/Olympus"\n', encoding="utf-8")
    (recording / "recording.toml").write_text(
        'title = "Mine"\nabout = "Nothing."\ndate = 2026-11-23T09:05:00\ncaller = ""\n'
        'business = "../business.toml"\n[[caller_line]]\nhang_up = true\nif_silent_ms = 500\n'
        '[expect]\noutcome = "caller_hung_up"\nend = "caller_hung_up"\n',
        encoding="utf-8",
    )
    shown = refused(capsys, "replay", str(recording), "--fast")
    assert "business.toml" in shown
    assert "zone" in shown
