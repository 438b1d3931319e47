"""The rules of the house that no tool knows: each mistake became a test."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from core.embedded.prepare import APPS

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 450
LONGEST_TEST_FILE = 700  # a table of cases is long and still easy to read
LONGEST_DELAY = 300  # seconds; longer waits are due times in PostgreSQL
NOT_TEXT = {".png", ".ico", ".woff", ".woff2", ".gz", ".jpg", ".svg", ".webp"}


@cache
def tracked(pattern="*"):
    """Files git knows or would add, as paths relative to the root."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", pattern]
    shown = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [Path(line) for line in shown.stdout.splitlines()]
    return [f for f in files if (ROOT / f).is_file() and "vendor" not in f.parts]


@cache
def modules():
    """Our product's Python files with their syntax trees (no tests, no migrations)."""
    ours = [
        f for f in tracked("*.py") if f.parts[0] in APPS and "migrations" not in f.parts
    ]
    return [(f, ast.parse((ROOT / f).read_text())) for f in ours]


def calls(tree):
    """Each call with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            target = node.func
            if isinstance(target, ast.Attribute):
                yield node, target.attr
            elif isinstance(target, ast.Name):
                yield node, target.id


def places(wrong):
    return "\n".join(f"{path}:{line} {what}" for path, line, what in wrong)


def test_no_app_reaches_another_by_name():
    """get_model and import_module would pass by the import contracts unseen."""
    banned = {"get_model", "import_module", "__import__", "import_string"}
    wrong = [
        (path, call.lineno, name)
        for path, tree in modules()
        for call, name in calls(tree)
        if name in banned
    ]
    assert not wrong, places(wrong)


def test_nothing_passes_by_the_audit_log():
    """pgtrigger.ignore and its setting would leave changes unrecorded."""
    wrong = [
        (path, 0, "pgtrigger.ignore")
        for path, _ in modules()
        if re.search(r"pgtrigger\.ignore|session_replication_role", _text(path))
    ]
    assert not wrong, places(wrong)


def test_text_is_compared_by_our_own_lookups():
    """icontains and iexact emit UPPER: no index on lower() serves them."""
    banned = re.compile(r"__(icontains|iexact|istartswith|iendswith)\b")
    wrong = [
        (path, node.lineno, name)
        for path, tree in modules()
        for node in ast.walk(tree)
        for name in _lookups(node)
        if banned.search(name)
    ]
    assert not wrong, places(wrong)


def _lookups(node):
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from re.findall(r"^\w+$", node.value)


def test_long_waits_are_due_times_never_delayed_messages():
    wrong = [
        (path, word.value.lineno, word.arg)
        for path, tree in modules()
        for call, _ in calls(tree)
        for word in call.keywords
        if word.arg == "eta" or (word.arg == "countdown" and not _short(word.value))
    ]
    assert not wrong, places(wrong)


def _short(value):
    return isinstance(value, ast.Constant) and value.value <= LONGEST_DELAY


def test_doors_reach_rows_only_through_visible_to():
    """In views and API, rows of guarded models start from `visible_to`.

    Seen are `Model.objects.<method>` chains; a chain that starts otherwise and
    calls visible_to later is fine.
    """
    guarded = _guarded_models()
    wrong = [
        (path, node.lineno, f"{node.value.id}.objects without visible_to")
        for path, tree in modules()
        if _is_door(path)
        for node in _unguarded(tree, guarded)
    ]
    assert not wrong, places(wrong)


def _is_door(path):
    return bool({"views", "views.py", "api", "api.py"} & set(path.parts[1:]))


def _guarded_models():
    return {
        "Contact", "Account", "Lead", "Opportunity", "Activity", "Note", "Segment",
        "Submission", "Form", "Page", "Workflow", "ScoringModel",
    }  # fmt: skip


def _unguarded(tree, guarded):
    allowed = set()
    for call, name in calls(tree):
        if name == "LookupField":  # it narrows to visible_to by itself
            allowed |= {id(inner) for inner in ast.walk(call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("visible_to", "none"):
            allowed |= {id(inner) for inner in ast.walk(node)}
        # create-time look-ups of the class itself, `objects.model`, hold no rows
        if isinstance(node, ast.Attribute) and node.attr == "model":
            allowed |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        named = isinstance(node, ast.Attribute) and node.attr == "objects"
        plain = named and isinstance(node.value, ast.Name)
        if plain and node.value.id in guarded and id(node) not in allowed:
            yield node


def test_files_stay_readable():
    long = []
    for path in tracked("*.py"):
        lines = len(_text(path).splitlines())
        limit = LONGEST_TEST_FILE if path.parts[0] == "tests" else LONGEST_FILE
        if "migrations" not in path.parts and lines > limit:
            long.append((path, 0, f"{lines} lines"))
    assert not long, places(long)


def test_no_machine_is_named():
    """Paths of one machine, in any file of ours."""
    banned = re.compile(
        r"/(?:root|home/[a-z]+|tmp/[a-z])/|(?<![\w.])/(?:work)/|\.pyenv"
    )
    this = Path(__file__).relative_to(ROOT)
    wrong = [
        (path, 0, found.group())
        for path in tracked()
        if path != this and path.suffix not in NOT_TEXT
        if (found := banned.search(_text(path)))
    ]
    assert not wrong, places(wrong)


def test_nothing_is_left_for_later():
    banned = re.compile(r"\b(TODO|FIXME|XXX)\b")
    this = Path(__file__).relative_to(ROOT)
    wrong = [
        (path, 0, "TODO") for path in tracked("*.py")
        if path != this and banned.search(_text(path))
    ]  # fmt: skip
    assert not wrong, places(wrong)


def test_every_silenced_warning_has_a_reason():
    """A bare noqa or ignore hides more than it says.

    The reason stands behind it, or above it in a comment that begins with the code.
    Not asked of `apps.py`: models exist only once the apps are loaded, so `ready()`
    imports inside.
    """
    bare = re.compile(r"# (noqa(: ?[A-Z0-9, ]+)?|type: ignore(\[[\w, -]+\])?)\s*$")
    wrong = [
        (path, number, line.strip()[-40:])
        for path, _ in modules()
        if path.name != "apps.py"
        for number, line in enumerate(_text(path).splitlines(), 1)
        if bare.search(line) and not _reason_above(path, number, line)
    ]
    assert not wrong, places(wrong)


def _reason_above(path, number, line):
    code = re.search(r"(?:noqa: ?|ignore\[)([\w-]+)", line)
    above = _text(path).splitlines()[max(0, number - 5) : number - 1]
    return code and any(f"# {code.group(1)}: " in comment for comment in above)


def test_psycopg_3_is_not_installed():
    """Django would silently prefer it to psycopg2."""
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("psycopg")


def test_the_import_contracts_see_every_app():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    roots = set(contracts["importlinter"]["root_packages"])
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    ours = {name.split(".")[0] for name in settings.INSTALLED_APPS} & packages
    product = packages - {"tests", "benchmarks", "tools"}
    assert roots == product == set(APPS)
    assert ours <= roots


def test_the_development_lock_holds_the_runtime_lock():
    """One environment serves both, so the versions must be the same."""
    runtime, dev = (_pins(f"requirements/{n}.txt") for n in ("runtime", "dev"))
    assert runtime.items() <= dev.items()


def _pins(name):
    text = (ROOT / name).read_text()
    return dict(re.findall(r"(?m)^([A-Za-z0-9_.-]+)(?:\[[^]]*\])?==([^ \\;]+)", text))


@cache
def _text(path):
    return (ROOT / path).read_text(errors="replace")
