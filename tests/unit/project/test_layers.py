"""Who may import whom, and what only the outermost layers may do. Rules that no linter knows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PACKAGE = "berofos_ra"

# Nothing here touches a file, a network, a clock or another process.
PURE = {"settings", "errors", "number", "device.relay", "resource.verdict", "wiring.topology", "device.gbl4"}
PURE |= {"device.config", "device.configtxt", "device.values"}
PURE |= {
    "cluster.attribute_names",
    "device.firmware",
    "cluster.view",
    "crmconfig.site",
    "crmconfig.formats",
    "wiring.diagram",
    "wiring.diagram_text",
    "wiring.diagram_svg",
}
IMPURE_LIBRARIES = {
    "http",
    "os",
    "pathlib",
    "requests",
    "select",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
}
IMPURE_LIBRARIES |= {"threading", "time", "urllib", "urllib3"}

# The simulator is there to contradict the client, so it may share no more than these words with it.
SHARED_WITH_SIMULATOR = {"settings", "errors"}


def module_name(file: Path) -> str:
    parts = file.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {
    module_name(file): ast.parse(file.read_text(encoding="utf-8"), str(file))
    for file in sorted((CHECKOUT / PACKAGE).rglob("*.py"))
}


def imported(nodes: Iterator[ast.AST] | list[ast.stmt]) -> set[str]:
    """The modules that these statements import, by their full names."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            assert node.module is not None
            below = {f"{node.module}.{alias.name}" for alias in node.names} & TREES.keys()
            found |= below or {node.module}
    return found


def all_imports(module: str) -> set[str]:
    """Those inside functions too."""
    return imported(ast.walk(TREES[module]))


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if module.split(".")[0] == PACKAGE}


def layer(module: str) -> str:
    """``agent``, ``cli``, ``simulator``, or ``library`` for what is under all of them."""
    parts = module.split(".")
    return parts[1] if parts[1:] and parts[1] in ("agent", "cli", "simulator") else "library"


LIBRARY = sorted(module for module in TREES if layer(module) == "library")
INNER = sorted(module for module in TREES if layer(module) in ("library", "simulator"))


def test_there_is_something_to_look_at() -> None:
    assert {f"{PACKAGE}.{name}" for name in PURE} <= TREES.keys()
    assert {layer(module) for module in TREES} == {"library", "agent", "cli", "simulator"}


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_modules_import_no_layer_that_does_things(name: str) -> None:
    imports = all_imports(f"{PACKAGE}.{name}")
    assert own(imports) <= {f"{PACKAGE}.{pure}" for pure in PURE}
    assert {module.split(".")[0] for module in imports} & IMPURE_LIBRARIES == set()


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("library", {"library"}),
        ("agent", {"library", "agent"}),
        ("simulator", {"library", "simulator"}),
        ("cli", {"library", "simulator", "cli", "agent"}),
    ],
)
def test_imports_run_downwards_only(above: str, below: set[str]) -> None:
    for module in TREES:
        if layer(module) == above:
            assert {layer(other) for other in own(all_imports(module))} <= below, module


def test_the_architecture_page_names_every_module_of_the_library_in_its_layer() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    knows, does = (
        set(re.findall(r"`([\w/]+)`(?=[^|\n]*\|[^|\n]*\|$)", table, re.MULTILINE)) for table in page.split("| does |")
    )
    knows, does = ({name.replace("/", ".") for name in names} for names in (knows, does))
    assert knows == PURE
    rooms = {module for module in LIBRARY if (CHECKOUT / module.replace(".", "/")).is_dir()}
    assert {f"{PACKAGE}.{name}" for name in does | knows} == set(LIBRARY) - rooms


def test_the_simulator_shares_nothing_with_the_client_but_words() -> None:
    allowed = {f"{PACKAGE}.{name}" for name in SHARED_WITH_SIMULATOR}
    for module in TREES:
        if layer(module) == "simulator":
            others = {other for other in own(all_imports(module)) if layer(other) != "simulator"}
            assert others <= allowed, module


@pytest.mark.parametrize("module", INNER)
def test_only_agent_and_cli_know_ocf(module: str) -> None:
    assert "ocf" not in all_imports(module)


OUTERMOST = {"sys.argv", "sys.exit", "sys.stdin", "sys.stdout", "sys.stderr", "os.environ", "os.getenv", "os._exit"}


def names(tree: ast.Module) -> set[str]:
    """Every name that is used, and every ``name.attribute``, and what is imported as ``name.attribute``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("module", INNER)
def test_only_agent_and_cli_print_or_read_arguments_and_environment(module: str) -> None:
    assert names(TREES[module]) & (OUTERMOST | {"print", "input", "exit", "quit"}) == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: own(imported(tree.body)) - {module} for module, tree in TREES.items()}
    finished: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in finished:
            for other in sorted(graph[module]):
                visit(other, (*path, module))
            finished.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", ["berofos_ra.agent.main", "berofos_ra.agent.monitor", "berofos_ra.agent.stop"])
def test_a_probe_or_a_plain_stop_pays_for_no_big_library(module: str) -> None:
    script = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT), *sys.path])},
    )
    loaded = set(done.stdout.split())
    assert module in loaded
    assert loaded & {"requests", "urllib3", "lxml", "rich"} == set()
