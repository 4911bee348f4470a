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
        "bridge.store.report",
        "bridge.store.store",
        "tools.business",
        "tools.business_file",
        "tools.clock",
        "tools.store",
    },
    # What stands in the database before a call is written there as the server would.
    "bridge/harness/world.py": {"tools.business", "tools.store"},
    "bridge/harness/replay.py": {"tools.business_file"},
    # The pinned date that server and telephone must share.
    "bridge/harness/telephone/telephone.py": {"tools.clock"},
    "bridge/harness/telephone/phone_call.py": {"tools.clock"},
    # The shapes of the database's rows, which they judge.
    "bridge/harness/evidence.py": {"bridge.store.calls", "bridge.store.report", "tools.store"},
    "bridge/harness/checker.py": {"tools.store"},
    "bridge/harness/checks_of_bookings.py": {"tools.store"},
    "bridge/harness/checks_of_mail.py": {"tools.store"},
    "bridge/harness/checks_of_record.py": {"tools.store"},
    "bridge/harness/outcomes.py": {"tools.store"},
}

# What a pure module may import of others' work: `pathlib` for a path as a value, `random` for a
# generator that is handed in or seeded, `numpy` for arrays, `icalendar` for the text of an invitation,
# `anyascii` and `gsm0338` for letters.
PURE_MAY_USE = frozenset(
    {
        *("__future__", "base64", "binascii", "bisect", "collections", "copy", "datetime", "email", "enum"),
        *("hashlib", "hmac", "itertools", "json", "math", "msgspec", "numpy", "pathlib", "random", "re"),
        *("anyascii", "gsm0338", "icalendar", "ipaddress", "unicodedata"),
        *("statistics", "string", "struct", "typing", "urllib.parse", "xml", "zoneinfo"),
    }
)
FILE_CALLS = frozenset(
    {"exists", "is_dir", "is_file", "iterdir", "glob", "mkdir", "open", "read_bytes", "read_text", "stat"}
    | {"unlink", "write_bytes", "write_text"}
)

# Who may ask the machine for the time, and what for.
CLOCKS = {
    "tools/clock.py": {"datetime.now"},  # the one clock
    "bridge/log.py": {"processors.TimeStamper"},  # the stamp of a log line
    "bridge/workers.py": {"time.monotonic"},  # how long a worker lived: its parent has no loop
    "bridge/harness/replay.py": {"time.monotonic"},  # how long a run took, shown to people
    # What is on its way through the kernel arrives; a job in a thread takes what it takes.
    "bridge/harness/virtual_time.py": {"time.monotonic", "time.sleep"},
}
TIME_OF_DAY = frozenset(
    f"{owner}.{name}"
    for owner, names in {
        "datetime": ("now", "utcnow", "today"),
        "date": ("today",),
        "time": (
            "time",
            "time_ns",
            "monotonic",
            "perf_counter",
            "process_time",
            "sleep",
            "localtime",
            "gmtime",
        ),
    }.items()
    for name in names
) | {"processors.TimeStamper"}  # structlog's

# Packages that the server imports and pyproject.toml does not name.
COME_ALONG = {
    "multidict": "aiohttp hands out its types",
    "requests": "the twilio client lets its errors through",
    "urllib3": "the twilio client lets its errors through",
    "google-auth-httplib2": "google-api-python-client brings it as its transport",
}

# Tests of more than one module. Those of whole calls, of the words and of the tree stand directly
# in tests/; every other test file is named after the module it tests, or stands here.
WHOLE = {
    "tests/bridge/call/test_session_end.py": "the session again: how a call may end",
    "tests/bridge/call/test_session_keys.py": "the session again: keys that a tool waits for",
    "tests/bridge/harness/test_discovery_oracle.py": "the calendar stand-in against Google's own document",
    "tests/bridge/harness/test_telephone_stream.py": "the telephone against a stream",
    "tests/bridge/realtime/test_both_ends.py": "our codec against the model stand-in's rules",
    "tests/bridge/test_main.py": "the command line, bridge/__main__.py",
    "tests/bridge/store/test_races.py": "many processes on one slot, on both databases",
    "tests/tools/test_daylight_saving.py": "free times on every change of the clocks, against a wall clock",
    "tests/tools/test_moves_that_fail.py": "rescheduling again: what may come in the way of a move",
}

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
IMPORT = ast.Import | ast.ImportFrom
FROM_TIME = re.compile(r"^\s*from time import", re.MULTILINE)


# --- reading the tree -------------------------------------------------------------


def files(*folders: str) -> list[str]:
    """Paths of Python files below the folders, from the root, in order."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def server_files() -> list[str]:
    """What is installed where calls are answered: `bridge/` without the harness, and `tools/`."""
    return [path for path in files("bridge", "tools") if not path.startswith("bridge/harness/")]


@functools.cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def docstring(path: str) -> str:
    return ast.get_docstring(tree(path)) or ""


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
            match node.func:
                case ast.Name(id=name):
                    yield node.lineno, name
                case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                    yield node.lineno, f"{owner}.{name}"
                case ast.Attribute(attr=name):
                    yield node.lineno, name


# --- the way of imports ---------------------------------------------------------


def test_tools_never_import_bridge() -> None:
    """What the model can do knows nothing of the telephone call around it."""
    breaches = [
        f"{path}: {name}"
        for path in files("tools")
        for name in imports(path)
        if is_ours(name) and name != "tools" and not name.startswith("tools.")
    ]
    assert breaches == []


def test_server_never_imports_the_harness() -> None:
    """The server starts without the stand-ins; only the command line knows where `replay` is."""
    breaches = [
        f"{path}: {name}"
        for path in server_files()
        for name in imports(path)
        if name.startswith("bridge.harness") or name.split(".")[0] in ("tests", "recordings")
    ]
    assert breaches == ["bridge/__main__.py: bridge.harness.replay"]


def test_harness_takes_only_what_is_listed() -> None:
    """No stand-in shares a codec with the server it stands opposite to."""
    takes = {}
    for path in files("bridge/harness"):
        outside = {name for name in imports(path) if is_ours(name) and not name.startswith("bridge.harness")}
        if outside:
            takes[path] = outside
    assert takes == HARNESS_TAKES


def test_server_needs_only_what_it_declares() -> None:
    """`bridge serve` starts with the dependencies of pyproject.toml, without the extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(line).name for line in project["dependencies"]} | COME_ALONG.keys()
    provided = importlib.metadata.packages_distributions()
    breaches = []
    for path in server_files():
        for name in imports(path, at_run_time=True):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or is_ours(name):
                continue
            if not declared & {distribution.lower() for distribution in provided[top]}:
                breaches.append(f"{path}: {name}")
    assert breaches == []


def test_imports_stand_at_the_top() -> None:
    """An import inside a function hides a dependency: only with its reason in a comment beside it."""
    breaches = []
    for path in files(*OURS):
        if path == "bridge/__main__.py":
            continue  # its docstring gives the reason for all of them
        lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        functions = (node for node in ast.walk(tree(path)) if isinstance(node, FUNCTION))
        inner = (node for function in functions for node in ast.walk(function) if isinstance(node, IMPORT))
        found = {node.lineno for node in inner}
        breaches += [f"{path}:{n}" for n in sorted(found) if "# " not in lines[n - 2] + lines[n - 1]]
    assert breaches == []


# --- purity and time --------------------------------------------------------------


def test_pure_modules_are_pure() -> None:
    """No loop, socket, clock or file, and nothing of ours that is not pure itself."""
    breaches = []
    for path in files("bridge", "tools"):
        if not is_pure(path):
            continue
        for name in imports(path, at_run_time=True):
            source = file_of(name)
            if not (is_pure(source) if source else {name, name.split(".")[0]} & PURE_MAY_USE):
                breaches.append(f"{path}: imports {name}")
        for line, name in calls(path):
            touches_file = name.split(".")[-1] in FILE_CALLS
            throws_dice = re.fullmatch(r"random\.(?!Random)\w+", name)
            if name in TIME_OF_DAY or touches_file or throws_dice:
                breaches.append(f"{path}:{line}: calls {name}")
    assert breaches == []


def test_the_core_is_pure() -> None:
    """What decides has no way to act: these must keep the word, or the test above would let them go."""
    core = ["bridge/call/session.py", "bridge/call/turns.py", "bridge/call/playback.py"]
    core += ["bridge/call/confirm.py", "bridge/call/messages.py", "bridge/twilio/codec.py"]
    core += ["bridge/twilio/twiml.py", "bridge/realtime/codec.py", "bridge/realtime/session_config.py"]
    core += ["tools/slots.py", "tools/spoken.py", "bridge/harness/checker.py"]
    assert [path for path in core if not is_pure(path)] == []


def test_one_clock() -> None:
    """Only the Clock asks the machine for the time, so that a recording can pin it."""
    asked: dict[str, set[str]] = {}
    for path in files("bridge", "tools", "recordings"):
        for _, name in calls(path):
            if name in TIME_OF_DAY:
                asked.setdefault(path, set()).add(name)
    assert asked == CLOCKS
    # `from time import monotonic` would hide from the test who asks.
    assert [path for path in files(*OURS) if FROM_TIME.search((ROOT / path).read_text("utf-8"))] == []


# --- files ------------------------------------------------------------------------


def test_every_module_says_what_it_is_for() -> None:
    """The first thing in a file is a sentence a newcomer understands."""
    assert [path for path in files(*OURS) if tree(path).body and not docstring(path)] == []


def test_no_file_is_too_long() -> None:
    """A file that grows beyond this usually holds two things."""
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in files(*OURS)}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_each_test_file_is_named_after_its_module() -> None:
    """tests/bridge/call/test_turns.py tests bridge/call/turns.py; what tests more is listed."""
    strangers = set()
    for path in files("tests/bridge", "tests/tools", "tests/recordings"):
        mirrored = ROOT / path.removeprefix("tests/").replace("test_", "")
        if "/test_" in path and not mirrored.is_file():
            strangers.add(path)
    assert strangers == WHOLE.keys()
