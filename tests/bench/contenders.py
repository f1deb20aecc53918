"""The commands that are timed, as Pacemaker would call them, and what they are called in tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.bench.figures import AGENT, BARE, INTERPRETER

Step = dict[str, Any]
Turn = dict[str, Any]

PYTHON = "/usr/bin/python3"
B, D = "xivo-1", "xivo-2"  # the nodes at the port groups of that name
RUN_DIRECTORY = "/run/bench"

NAMES = {
    INTERPRETER: "`python3 -c pass`",
    "Dummy": "`ocf:pacemaker:Dummy` (shell)",
    "dummypy": "`ocf:heartbeat:dummypy` (Python)",
    BARE: "python3, requests, ocf.py, one request",
    AGENT: "`ocf:xivo:berofos`, one device",
}

_OCF_ROOT = "/usr/lib/ocf"
_ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "OCF_ROOT": _OCF_ROOT,
    "OCF_RA_VERSION_MAJOR": "1",
    "OCF_RA_VERSION_MINOR": "1",
}
# What an agent in Python that speaks HTTP can't do without.
_BARE = """
import sys
sys.path.append("/usr/lib/ocf/lib/heartbeat")
import ocf
import requests
requests.get(sys.argv[1], timeout=3).raise_for_status()
"""


def call(agent: str, instance: str, action: str, **parameters: str) -> Step:
    """One call of an agent, such as ``xivo/berofos``."""
    environment = {
        **_ENVIRONMENT,
        "OCF_RESOURCE_INSTANCE": instance,
        "HA_RSCTMP": f"{RUN_DIRECTORY}/{instance}",  # no resource knows of another
        "OCF_RESKEY_CRM_meta_timeout": "60000",
        **{f"OCF_RESKEY_{name}": value for name, value in parameters.items()},
    }
    if action == "monitor":
        environment["OCF_RESKEY_CRM_meta_interval"] = "10000"
    return {"command": [f"{_OCF_ROOT}/resource.d/{agent}", action], "environment": environment}


def berofos(action: str, config: str, devices: int, node: str = B) -> Step:
    """One call of this project's agent for the first devices of a config file."""
    return call(
        "xivo/berofos",
        f"{config.rpartition('/')[2]}-{devices}",
        action,
        CRM_meta_on_node=node,
        config=config,
        devices=" ".join(f"fos{number}" for number in range(1, devices + 1)),
        port_b_node=B,
        port_d_node=D,
    )


def monitor(config: str, devices: int) -> list[Turn]:
    """Monitors of a resource that runs."""
    return [{"before": [], "timed": berofos("monitor", config, devices)}]


def start(config: str, devices: int) -> list[Turn]:
    """Starts that switch every relay: on one node and on the other, in turns."""
    return [
        {"before": [berofos("stop", config, devices, before)], "timed": berofos("start", config, devices, node)}
        for before, node in ((B, D), (D, B))
    ]


def one_device(config: str, url: str) -> Mapping[str, Mapping[str, list[Turn]]]:
    """By action, all contenders. ``url`` is the device's ``config.txt``."""
    bare = {"command": [PYTHON, "-c", _BARE, url], "environment": _ENVIRONMENT}
    interpreter = {"command": [PYTHON, "-c", "pass"], "environment": _ENVIRONMENT}
    always = {INTERPRETER: [_alone(interpreter)], BARE: [_alone(bare)]}
    dummies = {
        name: {action: call(agent, name, action, state=f"{RUN_DIRECTORY}/{name}.state") for action in _ACTIONS}
        for name, agent in (("Dummy", "pacemaker/Dummy"), ("dummypy", "heartbeat/dummypy"))
    }
    return {
        "monitor": {
            **always,
            **{name: [_alone(calls["monitor"])] for name, calls in dummies.items()},
            AGENT: monitor(config, 1),
        },
        "start": {
            **always,
            **{name: [{"before": [calls["stop"]], "timed": calls["start"]}] for name, calls in dummies.items()},
            AGENT: start(config, 1),
        },
    }


_ACTIONS = ("start", "stop", "monitor")


def _alone(step: Step) -> Turn:
    return {"before": [], "timed": step}
