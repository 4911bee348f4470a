"""The shape of the tree: who may import whom, what is pure, who may ask the time, how long a file is.

Read from the source with `ast`; nothing is imported. A rule's exceptions stand in the lists
below with their reason, and a line there that is no longer needed fails as well.
"""

import ast
import functools
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
OURS = ("bridge", "tools", "recordings", "tests")
LONGEST = 400  # lines

# What the harness takes from the server, file by file. Everything else in it, the stand-ins above
# all, takes nothing: an error in a codec that both sides shared would cancel itself out.
HARNESS_TAKES = {
    # `run.py` starts the real server, so it knows what a server is built from.
    "bridge/harness/run.py": {
        "bridge.app",
        "bridge.log",
        "bridge.settings",
        "bridge.store.migrate",
        "bridge.store.store",
        "tools.business",
        "tools.business_file",
        "tools.clock",
    },
    "bridge/harness/replay.py": {"tools.business_file"},
    # The pinned date that server and telephone must share.
    "bridge/harness/telephone.py": {"tools.clock"},
    "bridge/harness/phone_call.py": {"tools.clock"},
    # The shapes of the database's rows, which they judge.
    "bridge/harness/evidence.py": {"bridge.store.calls", "bridge.store.report", "tools.store"},
    "bridge/harness/checker.py": {"tools.store"},
}

# What a pure module may import of others. `pathlib` for a path as a value, `random` for a generator
# that is handed in, `numpy` for arrays.
PURE_MAY_USE = frozenset(
    {
        *("__future__", "base64", "binascii", "bisect", "collections", "copy", "datetime", "email", "enum"),
        *("hashlib", "hmac", "itertools", "json", "math", "msgspec", "numpy", "pathlib", "random", "re"),
        *("string", "struct", "typing", "urllib.parse", "xml", "zoneinfo"),
    }
)
FILE_CALLS = frozenset(
    {"exists", "is_dir", "is_file", "iterdir", "glob", "mkdir", "open", "read_bytes", "read_text", "stat"}
    | {"unlink", "write_bytes", "write_text"}
)

# Who may ask the machine for the time, and what for.
CLOCKS = {
    "tools/clock.py": {"datetime.now"},  # the one clock
    "bridge/log.py": {"TimeStamper"},  # the stamp of a log line, read by nobody but people
    "bridge/harness/replay.py": {"time.monotonic"},  # how long a run took, shown to people
}
TIME_OF_DAY = frozenset(
    f"{owner}.{name}"
    for owner, names in {
        "datetime": ("now", "utcnow", "today"),
        "date": ("today",),
        "time": ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
        + ("process_time", "sleep", "localtime", "gmtime", "ctime", "strftime"),
    }.items()
    for name in names
)

# Packages that the server imports and pyproject.toml does not name.
COME_ALONG = {"multidict": "aiohttp hands out its types"}

# Tests of more than one module; every other test file is named after the module it tests.
WHOLE = {
    "tests/test_docs.py": "the words",
    "tests/test_layout.py": "the tree",
    "tests/test_recordings.py": "whole calls",
    "tests/test_saboteurs.py": "whole calls on a server broken on purpose",
    "tests/bridge/harness/test_discovery_oracle.py": "the calendar stand-in against Google's own document",
    "tests/bridge/harness/test_telephone_stream.py": "the telephone against a stream",
    "tests/bridge/realtime/test_both_ends.py": "our codec against the model stand-in's rules",
    "tests/bridge/store/test_races.py": "many processes on one slot, on both databases",
}
ORACLES = "tests/oracles/"  # our words against what the vendors ship, across modules


# --- reading the tree -------------------------------------------------------------


def files(*folders: str) -> list[str]:
    """Paths of Python files below the folders, from the root, in order."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


@functools.cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def docstring(path: str) -> str:
    return ast.get_docstring(tree(path)) or ""


def module_of(path: str) -> str:
    """ "bridge/call/__init__.py" -> "bridge.call" """
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def file_of(module: str) -> str | None:
    """The file of one of our modules; None for somebody else's."""
    place = module.replace(".", "/")
    return next((path for path in (f"{place}.py", f"{place}/__init__.py") if (ROOT / path).is_file()), None)


def imported(node: ast.AST) -> list[str]:
    """Modules that an import statement names; `from package import module` names the module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute here"
        base = node.module or ""
        return [deep if file_of(deep := f"{base}.{alias.name}") else base for alias in node.names]
    return []


def imports(path: str, *, at_run_time: bool = False) -> set[str]:
    """Every module that a file imports. `at_run_time`: without those that only type checkers see."""
    unseen: set[int] = set()
    if at_run_time:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                unseen |= {id(inner) for child in node.body for inner in ast.walk(child)}
    return {name for node in ast.walk(tree(path)) if id(node) not in unseen for name in imported(node)}


def is_ours(module: str) -> bool:
    return module.split(".")[0] in OURS


def is_pure(path: str) -> bool:
    """The module's docstring has a sentence that begins with "Pure". Empty files are pure, too."""
    if not tree(path).body:
        return True
    return re.search(r"^Pure\b", docstring(path), re.MULTILINE) is not None


def calls(path: str) -> Iterator[tuple[int, str]]:
    """Line and last two names of everything called: `datetime.datetime.now()` is "datetime.now"."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ".".join(ast.unparse(node.func).split(".")[-2:])


# --- the way of imports -----------------------------------------------------------


@pytest.mark.parametrize("path", files("tools"))
def test_tools_never_import_bridge(path: str) -> None:
    """What the model can do knows nothing of the telephone call around it."""
    assert {name for name in imports(path) if is_ours(name) and not name.startswith("tools")} == set()


@pytest.mark.parametrize("path", [path for path in files("bridge") if "/harness/" not in path])
def test_server_never_imports_the_harness(path: str) -> None:
    """The server starts without the stand-ins; only the command line knows where `replay` is."""
    found = {name for name in imports(path) if name.startswith("bridge.harness")}
    assert found == ({"bridge.harness.replay"} if path == "bridge/__main__.py" else set())
    assert {name for name in imports(path) if name.split(".")[0] in ("tests", "recordings")} == set()


@pytest.mark.parametrize("path", files("bridge/harness"))
def test_harness_takes_only_what_is_listed(path: str) -> None:
    """No stand-in shares a codec with the server it stands opposite to."""
    own = {name for name in imports(path) if is_ours(name)}
    outside = {name for name in own if name != "bridge.harness" and not name.startswith("bridge.harness.")}
    assert outside == HARNESS_TAKES.get(path, set())


def test_server_needs_only_what_it_declares() -> None:
    """`bridge serve` starts with the dependencies of pyproject.toml, without the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(line).name for line in project["dependencies"]} | COME_ALONG.keys()
    provided = importlib.metadata.packages_distributions()
    undeclared = set()
    for path in files("bridge", "tools"):
        if path.startswith("bridge/harness/"):
            continue
        for name in imports(path, at_run_time=True):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or is_ours(name):
                continue
            if not declared & {distribution.lower() for distribution in provided[top]}:
                undeclared.add(f"{path}: {name}")
    assert undeclared == set()


@pytest.mark.parametrize("path", files(*OURS))
def test_imports_stand_at_the_top(path: str) -> None:
    """An import inside a function hides a dependency: only with its reason in a comment beside it."""
    if path == "bridge/__main__.py":
        return  # its docstring gives the reason for all of them
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    functions = (
        node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    inner = {node.lineno for function in functions for node in ast.walk(function) if imported(node)}
    unexplained = [line for line in sorted(inner) if "# " not in lines[line - 2] + lines[line - 1]]
    assert unexplained == []


# --- purity and time --------------------------------------------------------------


@pytest.mark.parametrize("path", [path for path in files("bridge", "tools") if is_pure(path)])
def test_pure_modules_are_pure(path: str) -> None:
    """No loop, socket, clock or file, and nothing of ours that is not pure itself."""
    for name in imports(path, at_run_time=True):
        source = file_of(name)
        if source is not None:
            assert is_pure(source), f"{name} is not pure"
        else:
            assert name in PURE_MAY_USE or name.split(".")[0] in PURE_MAY_USE, f"{name} may do anything"
    for line, name in calls(path):
        assert name not in TIME_OF_DAY, f"line {line} asks the time"
        assert name.split(".")[-1] not in FILE_CALLS, f"line {line} touches a file"
        assert not re.fullmatch(r"random\.(?!Random)\w+", name), f"line {line} throws dice nobody handed in"


def test_the_core_is_pure() -> None:
    """What decides has no way to act: the design names these, so their word cannot be taken back."""
    core = ["call/session", "call/turns", "call/playback", "call/confirm", "call/messages", "twilio/codec"]
    core += ["twilio/twiml", "realtime/codec", "realtime/session_config"]
    assert [name for name in core if not is_pure(f"bridge/{name}.py")] == []
    assert is_pure("tools/slots.py")


@pytest.mark.parametrize("path", files("bridge", "tools", "recordings"))
def test_one_clock(path: str) -> None:
    """Only the Clock asks the machine for the time, so that a recording can pin it."""
    asked = {name for _, name in calls(path) if name in TIME_OF_DAY}
    asked |= {"TimeStamper" for _, name in calls(path) if name.endswith("TimeStamper")}
    assert asked == CLOCKS.get(path, set())
    hidden = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    assert not any(node.module == "time" for node in hidden), "from time import ... hides who asks"


# --- files ------------------------------------------------------------------------


@pytest.mark.parametrize("path", files(*OURS))
def test_every_module_says_what_it_is_for(path: str) -> None:
    """The first thing in a file is a sentence a newcomer understands."""
    assert not tree(path).body or docstring(path).split("\n")[0].strip()


@pytest.mark.parametrize("path", files(*OURS))
def test_no_file_is_too_long(path: str) -> None:
    """A file that grows beyond this usually holds two things."""
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", [path for path in files("tests") if "/test_" in path])
def test_a_test_file_is_named_after_its_module(path: str) -> None:
    """tests/bridge/call/test_turns.py tests bridge/call/turns.py; what tests more is listed."""
    mirrored = path.removeprefix("tests/").replace("/test_", "/")
    is_whole = path in WHOLE or path.startswith(ORACLES)
    assert is_whole != (ROOT / mirrored).is_file()


def test_lists_have_no_dead_lines() -> None:
    """An exception for a file that is gone would wait there for another one of its name."""
    listed = [*HARNESS_TAKES, *CLOCKS, *WHOLE]
    assert [path for path in listed if not (ROOT / path).is_file()] == []
