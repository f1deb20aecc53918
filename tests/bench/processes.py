"""How long whole processes take, and how much memory, in a node of a real cluster with idle resources."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.bench import contenders
from tests.bench.contenders import PYTHON, RUN_DIRECTORY, Turn
from tests.lab.lab import Lab
from tests.lab.node import Node

DEVICES = (1, 4, 16, 64)
LATENCIES = (0, 50, 300)  # ms

Say = Callable[[str], None]

_STOPWATCH = Path(__file__).with_name("stopwatch.py").read_text(encoding="utf-8")
_PATIENCE = 600.0  # s


def measure(lab: Lab, say: Say, rounds: Mapping[str, int]) -> dict[str, Any]:
    """All of it; ``rounds`` by "one_device", "scale" and "memory"."""
    node = lab.node(contenders.B)
    node.run(["mkdir", "-p", RUN_DIRECTORY])
    for latency in LATENCIES:
        _simulate(lab, node, latency)
    one = contenders.one_device(_config(0), f"http://{_address(0, 1)}/config.txt")
    found: dict[str, Any] = {"one_device": {}, "memory": {}, "scale": {"monitor": {}, "start": {}}}
    _prepare(node, one["start"], one["monitor"])
    for action, runners in one.items():
        say(f"{action} of one device beside others, {rounds['one_device']} rounds")
        found["one_device"][action] = _timed(node, runners, rounds["one_device"])
    _prepare(node, one["start"], one["monitor"])
    for name, turns in one["monitor"].items():
        found["memory"][name] = [_peak_memory(node, turns[0]) for _ in range(rounds["memory"])]
    for latency in LATENCIES:
        say(f"{', '.join(map(str, DEVICES))} devices at {latency} ms, {rounds['scale']} rounds")
        starts = {str(devices): contenders.start(_config(latency), devices) for devices in DEVICES}
        monitors = {str(devices): contenders.monitor(_config(latency), devices) for devices in DEVICES}
        _prepare(node, starts, monitors)
        found["scale"]["monitor"][str(latency)] = _timed(node, monitors, rounds["scale"])
        found["scale"]["start"][str(latency)] = _timed(node, starts, rounds["scale"])
    return found


def _address(latency: int, number: int) -> str:
    return f"127.{10 + LATENCIES.index(latency)}.0.{number}"


def _config(latency: int) -> str:
    return f"{RUN_DIRECTORY}/{latency}ms"


def _simulate(lab: Lab, node: Node, latency: int) -> None:
    """Start simulated devices in the node; they end with it."""
    sections = [
        f"[fos{number}]\nmac = 00:19:32:00:00:{number:02X}\nhost = {_address(latency, number)}\n"
        for number in range(1, max(DEVICES) + 1)
    ]
    node.write(_config(latency), "".join(sections), 0o600)
    simulator = f"exec berofos --config {_config(latency)} simulate --latency {latency / 1000}"
    node.run(["setsid", "--fork", "sh", "-c", f"{simulator} </dev/null >/dev/null 2>&1"])
    probe = ["bnfos", "--get", "mode", "-h", _address(latency, max(DEVICES))]
    lab.wait_for(lambda: node.run(probe, check=False).returncode == 0, 60, f"devices at {latency} ms answer")


def _prepare(node: Node, starts: Mapping[str, list[Turn]], monitors: Mapping[str, list[Turn]]) -> None:
    """Have everything running on the node at B, and every file in the page cache.

    The first monitor after a start still has node attributes to set.
    """
    for turns in (*starts.values(), *monitors.values()):
        for turn in turns:
            for step in (*turn["before"], turn["timed"]):
                _run(node, step)


def _timed(node: Node, runners: Mapping[str, list[Turn]], rounds: int) -> dict[str, dict[str, list[float]]]:
    plan = json.dumps({"rounds": rounds, "runners": runners})
    answer = node.run([PYTHON, "-I", "-c", _STOPWATCH], text_input=plan, timeout=_PATIENCE)
    times: dict[str, dict[str, list[float]]] = json.loads(answer.stdout)
    return times


def _peak_memory(node: Node, turn: Turn) -> int:
    """The most memory that the process held, in KiB. GNU time is small; a Python that forks would count itself."""
    step = turn["timed"]
    done = _run(node, {**step, "command": ["time", "-f", "%M", *step["command"]]})
    return int(done.splitlines()[-1])


def _run(node: Node, step: Mapping[str, Any]) -> str:
    environment = [f"{name}={value}" for name, value in step["environment"].items()]
    return node.run(["env", "-i", *environment, *step["command"]]).stderr
