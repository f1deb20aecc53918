"""Every text that docs/troubleshooting.md quotes is one that the code can produce: else searching finds nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.support.checkout import CHECKOUT

GUIDE = (CHECKOUT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
QUOTES = [line for block in re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]

# What stands for itself in a message: a name, a device with its address, a relay position, a number, spans in alarm,
# and what Linux or Python call an error.
VALUE = re.compile(
    r"[\w./-]+|fos[0-9]+ \([\w.:]+\)|A--[BD]( C--D)?|'[^']*'|[\w-]+(, [\w-]+)+"
    r"|No module named '[\w.]+'|[\w-]+ on B, [\w-]+ on D|span [0-9]+|RED"
    r"|([0-9A-F]{2}:){5}[0-9A-F]{2}|No space left on device|Read-only file system|Is a directory|\[?fos[0-9]+\]?"
)

LIBRARY = CHECKOUT / "berofos_ra"
AGENT = [*(LIBRARY / "agent").glob("*.py")]
OUTSIDE = [file for room in ("cli", "history", "monitoring", "simulator") for file in (LIBRARY / room).rglob("*.py")]

# What of the library the agent uses. The tools' own messages explain themselves to whoever has just typed a command.
AGENT_USES = (
    *(
        "bnfosconf/reader",
        "cluster/pacemaker",
        "device/config",
        "device/configtxt",
        "device/device",
        "device/state",
        "device/parallel",
        "device/http",
    ),
    *("resource/parameters", "resource/record_file", "resource/spans", "wiring/topology"),
)

# What tells by what it returns why something is refused or odd.
AGENT_ANSWERS = ("agent/refusals", "agent/known_devices", "agent/watchdog", "agent/partition", "resource/devices")


def template(node: ast.AST) -> str | None:
    """A string in the code as a regular expression with a group for every value in it; None: it isn't a message."""
    if isinstance(node, ast.JoinedStr):
        literal = [str(part.value) if isinstance(part, ast.Constant) else "" for part in node.values]
        if any(": " in text or re.search("[a-z]{2}", text) for text in literal):  # else any words fit
            return "".join(re.escape(text) or "(.+?)" for text in literal)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        return re.escape(node.value)
    return None


def templates() -> Iterator[str]:
    """Each string in the library and the agent."""
    for file in sorted({*LIBRARY.rglob("*.py")} - {*OUTSIDE}):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = template(node)
            if found is not None:
                yield found


def said_by_the_agent() -> Iterator[str]:
    """What it raises, logs and answers, as far as it is written where that is done."""
    for name in AGENT_ANSWERS:
        yield from messages_in(*returned_in(ast.parse((LIBRARY / f"{name}.py").read_text(encoding="utf-8"))))
    for file in [*(LIBRARY / f"{name}.py" for name in AGENT_USES), *AGENT]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                of_journal = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "journal"
                if of_journal or name == "Outcome" or (name.endswith("Error") and name not in NOT_SAID):
                    yield from messages_in(*node.args)


def returned_in(module: ast.Module) -> Iterator[ast.AST]:
    """What a module returns and sets."""
    for node in ast.walk(module):
        if isinstance(node, (ast.Return, ast.Assign)) and node.value is not None:
            yield node.value


def messages_in(*nodes: ast.AST) -> Iterator[str]:
    for node in nodes:
        found = template(node)
        if found is not None:
            yield found
        elif not isinstance(node, ast.JoinedStr):
            yield from messages_in(*ast.iter_child_nodes(node))


NOT_SAID = ("ValueError", "AssertionError", "TimeoutError", "ClusterSilentError")
TEMPLATES = [re.compile(template) for template in sorted(set(templates()), key=len, reverse=True)]


@cache
def can_be_produced(text: str) -> bool:
    """Whether the code has strings that make this text when put into each other."""
    return any(
        all(VALUE.fullmatch(value) or (value != text and can_be_produced(value)) for value in found.groups())
        for template in TEMPLATES
        for found in [template.fullmatch(text)]
        if found is not None
    ) or any(sign in text and all(map(can_be_produced, text.split(sign, 1))) for sign in ("; ", ", "))


@pytest.mark.parametrize("quote", QUOTES)
def test_quoted_text_can_be_produced(quote: str) -> None:
    text = quote.removeprefix("berofos ")
    assert can_be_produced(text) or all(can_be_produced(part) for part in text.split(", ")), text


@pytest.mark.parametrize("message", sorted(set(said_by_the_agent())))
def test_every_message_of_the_agent_is_explained(message: str) -> None:
    assert any(re.search(message, quote) for quote in QUOTES), f"not in docs/troubleshooting.md: {message}"


def test_there_are_quotes() -> None:
    assert len(QUOTES) > 40


@pytest.mark.parametrize(
    "text",
    [
        "fos1 (10.34.1.20): conection refused, expected A--B",
        "fos1 (10.34.1.20): relay was A--D, expected A--B",
        "fos1 has another hst in /etc/bnfos.conf than what runs, 10.34.1.20",
        "start failed: because of this and that",
        "all is fine again",
    ],
)
def test_other_texts_can_not(text: str) -> None:
    """Else the test above would prove nothing."""
    assert not can_be_produced(text)
