"""The words are true: README, change notes, settings example, lock files and Procfile against the code."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from bridge.__main__ import main, parser
from bridge.settings import SETTINGS
from tools.catalogue import TOOLS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^ *```\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
FILE_ENDINGS = (".py", ".md", ".toml", ".txt", ".example", ".wav")


def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def tracked() -> list[str]:
    """Every file that is in git or about to be."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # The checkout may belong to somebody else, as in a container; git only reads here.
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


# --- reading the README -----------------------------------------------------------


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the README has no section {title}"
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its heading."""
    lines = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert lines is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[0].splitlines()[2:]]


def code_lines() -> Iterator[str]:
    """Every line of a code block, and every piece of code within a sentence."""
    for block in FENCE.findall(README):
        yield from (line.strip() for line in block.splitlines())
    yield from INLINE.findall(FENCE.sub("", README))


def commands(program: str) -> list[list[str]]:
    """What the README tells a reader to run, as arguments of `program`."""
    found = []
    for line in code_lines():
        match = re.match(rf"(?:\.venv/bin/|python -m )?{program} (.+)", line)
        if match is not None:
            found.append(shlex.split(match[1]))
    return found


def excerpt() -> list[str]:
    """The shortened call that the README shows."""
    (block,) = [block for block in FENCE.findall(README) if "  0:00." in block]
    return [line for line in block.splitlines() if line.strip() not in ("", "…")]


def timeless(line: str) -> str:
    """A line of a replay without what differs from run to run: when, and how long it took."""
    line = re.sub(r"^  \d+:\d\d\.\d  ", "", line)
    line = re.sub(r"\b\d+ ms\b", "N ms", line)
    return re.sub(r"\(\d+\.\d s\)$", "", line)


# --- tables -----------------------------------------------------------------------


def test_settings_table_is_the_code() -> None:
    """Every setting stands in the README, in order, with its default and its meaning."""
    shown = {None: "must be set", "": "empty"}
    expected = [[f"`{s.name}`", shown.get(s.default, f"`{s.default}`"), s.meaning] for s in SETTINGS]
    assert rows(section("Settings")) == expected


def test_settings_example_is_the_code() -> None:
    """.env.example names every setting; a line that is commented out shows the default."""
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    found = re.findall(r"^(#?)([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE)
    shown = {name: default if commented else None for commented, name, default in found}
    assert shown == {setting.name: setting.default for setting in SETTINGS}
    assert len(found) == len(shown)


def test_tools_table_is_the_catalogue() -> None:
    """Every tool stands in the README, in order, and who speaks next is what its code answers."""
    table = rows(section("Tools"))
    assert [name for name, _, _ in table] == [f"`{tool.name}`" for tool in TOOLS]
    agent_is_silent = {tool.name for tool in TOOLS if "Reply.NONE" in getsource(tool.handler)}
    assert {name.strip("`") for name, _, then in table if not then.startswith("the agent")} == agent_is_silent


def test_recordings_table_is_the_folder() -> None:
    """Every recording stands in recordings/README.md, and no other."""
    text = (ROOT / "recordings" / "README.md").read_text(encoding="utf-8")
    folders = sorted(path.parent.name for path in (ROOT / "recordings").glob("*/recording.toml"))
    assert sorted(name.strip("`") for name, _ in rows(text)) == folders


# --- commands ---------------------------------------------------------------------


def test_make_commands_exist() -> None:
    """What the README says of make can be made, and everything that can be made is in its table."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = {target for arguments in commands("make") for target in arguments}
    assert told == targets


def test_bridge_commands_exist() -> None:
    """What the README and the Procfile say of bridge can be run, and every command is told of."""
    told = commands("bridge")
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    starts = dict(line.split(": ", 1) for line in procfile)
    assert starts.keys() == {"web", "release"}
    for line in starts.values():
        python, *rest = shlex.split(line)
        assert (python, rest[:2]) == ("python", ["-m", "bridge"])
        assert line in README
        told.append(rest[2:])
    for arguments in told:
        parsed = parser().parse_args(arguments)  # exits, which fails the test, when it does not understand
        for folder in getattr(parsed, "recordings", []):
            assert str(folder) == "RECORDING" or (ROOT / folder / "recording.toml").is_file()
    named = {arguments[0] for arguments in told}
    assert named == {"serve", "migrate", "check", "replay"}
    with pytest.raises(SystemExit):
        parser().parse_args(["no-such-command"])


def test_the_call_in_the_readme_is_what_a_replay_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """Line by line and in order; `…` stands for what was left out. Only times may differ."""
    assert main(["replay", str(ROOT / "recordings" / "book-a-cleaning"), "--fast"]) == 0
    printed = iter([timeless(line) for line in capsys.readouterr().out.splitlines()])
    for line in excerpt():
        pattern = ".*".join(re.escape(part.strip()) for part in timeless(line).split("…"))
        found = any(re.fullmatch(rf"\s*{pattern}\s*", one) for one in printed)
        assert found, f"not printed, or not in this place: {line}"


# --- places -----------------------------------------------------------------------


def test_paths_exist() -> None:
    """Every file, folder and link that the README names is there."""
    names = set(tracked())
    folders = {str(parent) for name in names for parent in Path(name).parents}
    bare = {Path(name).name for name in names}
    missing = []
    for code in [*INLINE.findall(FENCE.sub("", README)), *re.findall(r"\]\(([^)#:]+)\)", README)]:
        is_place = "/" in code or code.endswith(FILE_ENDINGS)
        if not is_place or not re.fullmatch(r"[\w./-]+", code) or code.startswith((".venv", "/", "PUBLIC_")):
            continue
        known = code in names or code.rstrip("/") in folders or ("/" not in code and code in bare)
        if not known:
            missing.append(code)
    assert missing == []


def test_routes_exist() -> None:
    """Every address that the README names is served."""
    told = set(re.findall(r"`(?:PUBLIC_BASE_URL|GET |POST )(/[\w/]+)`", README))
    source = "".join((ROOT / "bridge" / path).read_text("utf-8") for path in ("app.py", "twilio/routes.py"))
    assert told == {"/twilio/voice", "/twilio/status", "/twilio/sms", "/healthz", "/readyz"}
    assert {route for route in told if f'"{route}"' not in source} == set()


def test_where_to_read_first_can_be_followed() -> None:
    """Every name in a step of the way stands in one of the files that the step names."""
    text = section("Where to read first")
    steps = re.findall(r"^\d\. (.*?)(?=^\d\. |^$)", text, re.MULTILINE | re.DOTALL)
    assert len(steps) > 10
    for step in steps:
        codes = INLINE.findall(step)
        paths = [ROOT / code for code in codes if code.endswith(".py")]
        sources = paths or sorted((ROOT / "bridge" / "call").glob("*.py"))
        source = "".join(path.read_text(encoding="utf-8") for path in sources)
        for name in codes:
            if not name.endswith(".py"):
                assert re.search(rf"\b{re.escape(name)}\b", source), f"{name}: not in the files of its step"


def test_documents_named_in_the_code_exist() -> None:
    """A source that says "see X.md" points to a file that a reader of this repository has."""
    names = {Path(name).name for name in tracked() if name.endswith(".md")}
    missing = []
    for name in tracked():
        if name.endswith(".py") and name != "tests/test_docs.py":
            told = re.findall(r"\b[\w-]+\.md\b", (ROOT / name).read_text(encoding="utf-8"))
            missing += [f"{name}: {document}" for document in told if document not in names]
    assert missing == []


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    """Nothing in the repository points into a home folder or a checkout."""
    homes = "|".join(["home", "Users", "root", "work", "mnt", "srv", "private"])
    personal = re.compile(rf"(?<![\w.:/}}-])/(?:{homes})/[\w.-]+|[A-Z]:\\Users\\")
    found = []
    for name in tracked():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # sound
        found += [f"{name}: {place}" for place in personal.findall(text)]
    assert found == []


# --- what is installed ------------------------------------------------------------


def pinned(name: str) -> dict[str, set[str]]:
    """Versions of each package in a lock file. Fails on a line that is not pinned by hash."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text, "a lock names no registry and no address"
    text = re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE)
    versions: dict[str, set[str]] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split(" --hash=")
        assert hashes, f"{entry}: no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64} *", one) for one in hashes), f"{requirement}: odd hash"
        (specifier,) = (parsed := Requirement(requirement)).specifier
        assert specifier.operator == "==", f"{requirement}: not pinned"
        versions.setdefault(parsed.name, set()).add(specifier.version)
    return versions


def test_lock_files_agree() -> None:
    """Both are pinned by hash, and what is tested is what is deployed."""
    server, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: development.get(name) for name in server} == server


def test_lock_files_hold_every_dependency() -> None:
    """Every dependency of pyproject.toml is locked, at a version it allows."""
    server, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    extras = [line for lines in project()["optional-dependencies"].values() for line in lines]
    for locked, wanted in ((server, project()["dependencies"]), (development, extras)):
        for requirement in map(Requirement, wanted):
            if requirement.name == project()["name"]:
                continue  # an extra that takes in another one
            assert locked.get(requirement.name), f"{requirement.name} is not locked"
            assert all(version in requirement.specifier for version in locked[requirement.name])


def test_python_version_is_allowed() -> None:
    """The Python that Heroku installs is one that the project runs on."""
    version = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    assert version in SpecifierSet(project()["requires-python"])


def test_change_notes_begin_with_this_version() -> None:
    """The newest entry of CHANGELOG.md is the version of pyproject.toml."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", text, re.MULTILINE)
    assert newest is not None
    assert newest[1] == project()["version"]
