"""Who may import whom, and what only the outermost floors may do. Rules that no linter knows."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PACKAGE = "berofos_ra"
MAX_LINES = 320

# The floors from the lowest to the highest, and the rooms on each.
FLOORS = (
    ("errors", "settings", "files", "clock", "number", "programs", "boolean"),
    ("cluster", "device", "simulator"),
    ("operations", "wiring", "bnfosconf"),
    ("resource", "crmconfig", "history", "monitoring"),
    ("agent", "cli"),
)
TOP = FLOORS[-1]

IMPURE_LIBRARIES = {
    *("http", "os", "pathlib", "requests", "select", "shutil", "socket", "subprocess", "sys", "tempfile"),
    *("fcntl", "syslog", "threading", "time", "urllib", "urllib3"),
}

# The simulator is there to contradict the client, so it may share no more than these words with it.
SHARED_WITH_SIMULATOR = {"settings", "errors"}


def module_name(file: Path) -> str:
    parts = file.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for file in sorted((CHECKOUT / PACKAGE).rglob("*.py"))}
TREES = {module: ast.parse(file.read_text(encoding="utf-8"), str(file)) for module, file in FILES.items()}


def imported(nodes: Iterable[ast.AST]) -> set[str]:
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


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """All below this node but what is only there for types."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from executed(child)


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if module.split(".")[0] == PACKAGE}


def room(module: str) -> str:
    """The first name below the package: a folder, or a module of the lowest floor."""
    return module.split(".")[1] if "." in module else ""


def floor(module: str) -> int:
    (found,) = [number for number, rooms in enumerate(FLOORS) if room(module) in rooms]
    return found


MODULES = sorted(TREES.keys() - {PACKAGE})
INNER = [module for module in MODULES if room(module) not in TOP]
PURE = [module for module in MODULES if re.search(r"\bPure\.", ast.get_docstring(TREES[module]) or "")]


def test_every_room_is_on_a_floor() -> None:
    assert {room(module) for module in MODULES} == {room for rooms in FLOORS for room in rooms}


def test_what_decides_is_pure() -> None:
    decides = {"resource.verdict", "resource.split_brain", "resource.deviations", "wiring.topology", "cluster.view"}
    decides |= {"history.story", "monitoring.judgement", "monitoring.ranges"}
    assert {f"{PACKAGE}.{name}" for name in decides} <= set(PURE)


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_touch_no_file_network_clock_or_process(module: str) -> None:
    imports = imported(executed(TREES[module]))
    assert own(imports) <= set(PURE)
    assert {name.split(".")[0] for name in imports} & IMPURE_LIBRARIES == set()
    assert "open" not in names(TREES[module])


@pytest.mark.parametrize("module", MODULES)
def test_no_import_goes_up(module: str) -> None:
    for other in own(all_imports(module)) - {PACKAGE}:  # the package itself has the version, for all
        assert floor(other) <= floor(module), other


def test_agent_and_cli_stand_side_by_side() -> None:
    for module in MODULES:
        if room(module) in TOP:
            assert {room(other) for other in own(all_imports(module))} & set(TOP) <= {room(module)}, module


def test_the_simulator_shares_nothing_with_the_client_but_words() -> None:
    for module in MODULES:
        if room(module) == "simulator":
            others = {room(other) for other in own(all_imports(module))}
            assert others <= {"simulator", *SHARED_WITH_SIMULATOR}, module


@pytest.mark.parametrize("module", MODULES)
def test_nothing_private_is_taken_from_another_room(module: str) -> None:
    elsewhere: set[str] = set()  # the names by which modules of other rooms are known here
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom) and own({str(node.module)}):
            for alias in node.names:
                source = f"{node.module}.{alias.name}"
                if room(source if source in TREES else str(node.module)) != room(module):
                    assert not alias.name.startswith("_") or alias.name == "__version__", source
                    elsewhere.add(alias.asname or alias.name)
    private = [name for name in names(TREES[module]) if re.match(r"\w+\._[a-z]", name)]
    assert [name for name in private if name.split(".")[0] in elsewhere] == []


def circles(graph: dict[str, set[str]]) -> Iterator[str]:
    finished: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> Iterator[str]:
        if name in path:
            yield " -> ".join((*path, name))
        elif name not in finished:
            for other in sorted(graph[name]):
                yield from visit(other, (*path, name))
            finished.add(name)

    for name in graph:
        yield from visit(name, ())


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: own(imported(tree.body)) - {module} for module, tree in TREES.items()}
    assert list(circles(graph)) == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {room(module): set() for module in TREES}
    for module in TREES:
        graph[room(module)] |= {room(other) for other in own(all_imports(module))} - {room(module)}
    assert list(circles(graph)) == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_is_too_long_to_be_read(module: str) -> None:
    assert len(FILES[module].read_text(encoding="utf-8").splitlines()) <= MAX_LINES


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


# What takes a text apart, or looks into it.
READING = {
    "partition",
    "rpartition",
    "split",
    "rsplit",
    "replace",
    "startswith",
    "endswith",
    "find",
    "index",
    "count",
}
READING |= {"removeprefix", "removesuffix", "match", "fullmatch", "search", "sub"}


def message_readings(tree: ast.AST) -> Iterator[str]:
    """Where code compares an error's message, looks into it, or takes it apart."""
    errors = {node.name for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler) and node.name}
    errors |= {
        node.arg
        for node in ast.walk(tree)
        if isinstance(node, ast.arg) and re.search(r"(Error|Exception)\b", ast.unparse(node.annotation or node))
    }
    texts: set[str] = set()

    def is_message(node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in texts
        if isinstance(node, ast.Attribute):
            return node.attr == "args" and isinstance(node.value, ast.Name) and node.value.id in errors
        if isinstance(node, ast.Call):
            return ast.unparse(node.func) == "str" and any(
                isinstance(given, ast.Name) and given.id in errors for given in node.args
            )
        return isinstance(node, ast.Subscript) and is_message(node.value)

    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_message(node.value):
            texts |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        read: list[ast.AST] = []
        if isinstance(node, ast.Compare):
            read = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
            read = [node.func.value, *node.args]
        if any(map(is_message, read)):
            yield ast.unparse(node)


def functions(module: str) -> Iterator[ast.AST]:
    return (node for node in ast.walk(TREES[module]) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("module", MODULES)
def test_no_code_reads_an_error_s_message(module: str) -> None:
    assert [reading for function in functions(module) for reading in message_readings(function)] == []


@pytest.mark.parametrize(
    "code",
    [
        "if 'GBL4' in str(error): pass",
        "text = str(error)\nif 'GBL4' in text: pass",
        "what = str(error).partition(': ')[2]",
        "error.args[0] == 'x'",
        "re.search('kick', str(error))",
    ],
)
def test_code_that_reads_a_message_is_found(code: str) -> None:
    body = "\n".join(f"    {line}" for line in code.splitlines())
    assert list(message_readings(ast.parse(f"def f(error: DeviceError) -> None:\n{body}\n")))


PAGE = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)/?` (\|.*)$", PAGE, re.MULTILINE))


def test_the_architecture_page_has_every_room() -> None:
    assert ROWS.keys() == {room for rooms in FLOORS for room in rooms}


@pytest.mark.parametrize(
    "folder", sorted({room(module) for module in MODULES if module.count(".") > 1} - {"simulator"})
)
def test_the_architecture_page_names_every_module_in_its_room(folder: str) -> None:
    modules = {module.rpartition(".")[2] for module in MODULES if re.fullmatch(rf"{PACKAGE}\.{folder}\.\w+", module)}
    assert set(re.findall(r"`(\w+)/?`", ROWS[folder])) == modules


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
