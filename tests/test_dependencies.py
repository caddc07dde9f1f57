"""What the rooms lean on: every package is declared and pinned, its licence lets us, and none is used dangerously."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
ROOMS = ("corpora", "anonymize", "synth", "expectations", "finetune", "pipelines")
SOURCES = {path: ast.parse(path.read_text(encoding="utf-8")) for room in ROOMS for path in (ROOT / room).rglob("*.py")}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
USERS_OWN = {"gliner"}  # installed by who brings such a model
DANGEROUS_MODULES = {"pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "subprocess", "pty"}
DANGEROUS_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp"}


def names(lines):
    return {canonicalize_name(Requirement(line).name) for line in lines}


CORE = names(PROJECT["dependencies"])
USED = CORE | {
    name for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev" for name in names(lines)
}


def imported(tree):
    """Full names of the modules that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_every_package_that_a_room_imports_is_declared():
    distributions = packages_distributions()
    known = {*sys.stdlib_module_names, *ROOMS, *USERS_OWN}
    undeclared = set()
    for tree in SOURCES.values():
        for module in {name.split(".")[0] for name in imported(tree)} - known:
            if not {canonicalize_name(name) for name in distributions.get(module, [module])} & USED:
                undeclared.add(module)
    assert undeclared == set()


def closure():
    """Every package that installing this project with all extras brings, but for the project."""
    waiting, found = [Requirement("therapy-corpora[all]")], {}
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras)
        if extras <= found.get(name, frozenset()) and name in found:
            continue
        found[name] = found.get(name, frozenset()) | extras
        try:
            parts = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:
            continue
        for extra in extras or {""}:
            waiting += [part for part in parts if part.marker is None or part.marker.evaluate({"extra": extra})]
    return set(found) - {"therapy-corpora"}


def test_every_package_that_comes_along_is_pinned():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}
    # the CUDA packages of torch's default build come only with it; the pinned build is the one without
    assert {name for name in closure() - pinned if not re.match(r"nvidia-|cuda-|triton", name)} == set()


def test_no_package_has_a_licence_that_binds_what_is_built_with_it():
    bound = []
    for name in sorted(closure()):
        try:
            about = metadata(name)
        except PackageNotFoundError:
            continue
        terms = [about.get("License-Expression") or "", *(about.get_all("Classifier") or ())]
        said = " ".join(term for term in terms if "License" in term or term == terms[0])
        if re.search(r"(?<!L)(?<!Lesser )\bA?GPL|Affero|General Public|Non-?Commercial", said) and "Lesser" not in said:
            bound.append(f"{name}: {said}")
    assert bound == []


def dangers(tree):
    """What in a file could run or unpack what somebody else wrote."""
    yield from sorted({name.split(".")[0] for name in imported(tree)} & DANGEROUS_MODULES)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name, given = ast.unparse(call.func), {part.arg: ast.unparse(part.value) for part in call.keywords}
        careless = name == "torch.load" and given.get("weights_only") != "True"
        if name in DANGEROUS_CALLS or careless or {"shell", "allow_pickle", "trust_remote_code"} & set(given):
            yield f"{name} in line {call.lineno}"


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell():
    assert list(dangers(ast.parse("import pickle\neval(x)\ntorch.load(p)"))) == [
        "pickle",
        "eval in line 2",
        "torch.load in line 3",
    ]
    found = {path.relative_to(ROOT).as_posix(): list(dangers(tree)) for path, tree in SOURCES.items()}
    assert {path: what for path, what in found.items() if what} == {}
