"""What keeps two nodes apart that don't see each other: a fence device for each, or a third machine's vote. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from berofos_ra.errors import ParameterError

MAX_LEVELS = 9  # Pacemaker's
PRIORITY = 10  # of what runs: Pacemaker adds it up for each node
DELAY = 5  # seconds that the node with less waits before it shoots
PRIORITY_META = {"priority": str(PRIORITY)}
MONITOR = {"interval": "60s", "timeout": "60s"}  # of a fence device

UNPROTECTED = (
    "UNPROTECTED: when the nodes lose sight of each other both run asterisk and the virtual IP, and the lines move.",
    "Give each node a fence device (option fencing); where a third machine is at hand, its vote (quorum-device).",
)
OPTION = "The option is called fencing-enabled from Pacemaker 3.0.2 on, stonith-enabled before."
_ALONE = f"A cluster of one node: there is nobody to fence, and Pacemaker warns of it. {OPTION}"
_NONE = (
    "Two nodes without fencing, the common small site. With fencing, drop this line; without, Pacemaker "
    f"warns of it. {OPTION}"
)
_VOTE = (
    "A node that loses quorum stops what it runs, and the other one takes over. Fencing would make sure of it even "
    f"if the node hangs; without, Pacemaker warns of it. {OPTION}"
)
_FENCED = (
    "A node that isn't seen any more is shot before the other one takes over. The node that has the lines shoots "
    f"first: the other one waits {DELAY} s, longer than a fence device takes. {OPTION}"
)
DEVICES = (
    "A fence device for each node, which runs on another one. If one can't shoot (no power, no network) nobody takes "
    "over until somebody says that the node is off: stonith_admin with confirm."
)
LEVELS = "The second level is tried when the first one fails."

_AGENT = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)?", re.ASCII)
_OPTION_NAME = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:-]+", re.ASCII)
_HOST_LIST = "pcmk_host_list"
_SECRET = re.compile(r"passw|passphrase|secret|community|token|api_?key", re.IGNORECASE)
_NO_SECRET = re.compile(r"_(script|file)$")
_FROM_FILE = "@"
# By which a fence device is found, in whatever words its agent has for it; the rest tells its plugs apart.
_ADDRESS = ("ip", "ipaddr", "hostname", "host", "hostip")
_OF_ONE_NODE = re.compile(r"plug|port|nodename|hostlist|uuid|systems_uri|pcmk_.*|delay")


class Fencing(NamedTuple):
    """A fence agent and its options, as given on a command line; values may still be names of files."""

    agent: str
    options: Mapping[str, str]

    def __repr__(self) -> str:
        """Without the options' values: one may be a password."""
        return f"Fencing({self.agent!r}, {sorted(self.options)})"


class FenceDevice(NamedTuple):
    """What shoots one node; ``level`` 1 is tried first. ``options`` has ``pcmk_host_list``."""

    node: str
    level: int
    agent: str
    options: Mapping[str, str]

    def __repr__(self) -> str:
        """Without the options' values."""
        return f"FenceDevice({self.node!r}, {self.level}, {self.agent!r}, {sorted(self.options)})"

    @property
    def name(self) -> str:
        """What the resource is called."""
        return f"fence-{self.node}" if self.level == 1 else f"fence-{self.node}-level-{self.level}"

    @property
    def secret_options(self) -> dict[str, str]:
        """Those that nobody may see."""
        return {name: value for name, value in self.options.items() if is_secret(name)}

    @property
    def elsewhere(self) -> str:
        """What the constraint is called that keeps it off the node that it shoots."""
        return f"{self.name}-elsewhere"


class Protection(NamedTuple):
    """What there is against a split. ``option`` is what Pacemaker calls the one that turns fencing on."""

    alone: bool
    devices: Sequence[FenceDevice]
    quorum_device: str | None
    option: str

    @property
    def unprotected(self) -> bool:
        """Whether two nodes that don't see each other both run everything."""
        return not (self.alone or self.devices or self.quorum_device)

    @property
    def properties(self) -> dict[str, str]:
        """The cluster's options."""
        quorum = {} if self.quorum_device is None else {"no-quorum-policy": "stop"}
        if self.devices:
            return {**quorum, self.option: "true", "priority-fencing-delay": f"{DELAY}s"}
        return {**quorum, self.option: "false"}

    @property
    def comment(self) -> str:
        """What is to be said of these options."""
        if self.devices:
            return _FENCED
        if self.quorum_device:
            return _VOTE
        return _ALONE if self.alone else _NONE

    @property
    def levels(self) -> dict[str, list[str]]:
        """The names of each node's devices in the order in which they are tried; empty where one level is all."""
        found: dict[str, list[str]] = {}
        for device in sorted(self.devices, key=lambda device: device.level):
            found.setdefault(device.node, []).append(device.name)
        return found if any(len(names) > 1 for names in found.values()) else {}


def parse_fencing(text: str) -> Fencing:
    """What ``AGENT[:OPTION=VALUE,...]`` means. A password must be ``@FILE``; its value is never quoted.

    Raises:
        ParameterError: it makes no sense, or has a password in it.
    """
    agent, colon, rest = text.partition(":")
    if not _AGENT.fullmatch(agent):
        raise ParameterError("--fencing: expected AGENT:OPTION=VALUE,... such as fence_ipmilan:ip=10.34.1.201")
    options: dict[str, str] = {}
    for word in rest.split(",") if colon else ():
        name, equals, value = word.partition("=")
        if not (equals and value and _OPTION_NAME.fullmatch(name)):
            raise ParameterError(f"--fencing {agent}: expected OPTION=VALUE,... after its name; @FILE for a value")
        if name in options:
            raise ParameterError(f"--fencing {agent}: {name} is given twice")
        if is_secret(name) and not value.startswith(_FROM_FILE):
            raise ParameterError(
                f"--fencing {agent}: {name}=@FILE, please: on a command line everybody on this machine can read it"
            )
        options[name] = value
    return Fencing(agent, options)


def is_secret(name: str) -> bool:
    """Whether a fence agent's option of this name is a password or the like."""
    return bool(_SECRET.search(name)) and not _NO_SECRET.search(name)


def file_of(value: str) -> str | None:
    """The file whose first line the value is; None: it is itself."""
    return value.removeprefix(_FROM_FILE) if value.startswith(_FROM_FILE) else None


def assign(fencing: Iterable[Fencing], nodes: Sequence[str]) -> tuple[FenceDevice, ...]:
    """Whom each shoots: the node in its ``pcmk_host_list``, else the nodes in turn. Another one is the next level.

    Raises:
        ParameterError: a node is left without, or all depend on one device.
    """
    levels = dict.fromkeys(nodes, 0)
    devices = []
    for number, one in enumerate(fencing):
        hosts = re.split(r"[\s;]+", one.options.get(_HOST_LIST, nodes[number % len(nodes)]).strip())
        if len(hosts) > 1:
            raise _one_for_all(one.agent)
        (node,) = hosts
        if node not in levels:
            raise ParameterError(f"--fencing {one.agent}: {_HOST_LIST}: {node} isn't one of {', '.join(nodes)}")
        levels[node] += 1
        if levels[node] > MAX_LEVELS:
            raise ParameterError(f"--fencing: more than {MAX_LEVELS} devices for {node}")
        devices.append(FenceDevice(node, levels[node], one.agent, {**one.options, _HOST_LIST: node}))
    if devices and len({_place(device) for device in devices}) == 1:
        raise _one_for_all(devices[0].agent)
    without = [node for node, level in levels.items() if devices and not level]
    if without:
        raise ParameterError(
            f"--fencing: none for {', '.join(without)}: give it once for each node, in the order {', '.join(nodes)}"
        )
    return tuple(devices)


def check_quorum_device(host: str, nodes: Sequence[str]) -> str:
    """The host as it is written.

    Raises:
        ParameterError: it is no host, or no third one.
    """
    if not _HOST.fullmatch(host):
        raise ParameterError(f"--quorum-device: {host!r} isn't a host name or an address")
    if host.casefold() in (node.casefold() for node in nodes):
        raise ParameterError(f"--quorum-device: {host} is a node of the cluster; a third machine has to vote")
    return host


def _one_for_all(agent: str) -> ParameterError:
    return ParameterError(
        f"--fencing {agent}: one fence device for all nodes is refused: their power hangs on it, and when it fails "
        "nobody can shoot, so nobody takes over; give each node its own (its BMC), and this one as second level"
    )


def _place(device: FenceDevice) -> tuple[str, ...]:
    """What tells one box from another, however many plugs it has."""
    for name in _ADDRESS:
        if name in device.options:
            return ("address", device.options[name].casefold())
    rest = {name: value for name, value in device.options.items() if not _OF_ONE_NODE.fullmatch(name)}
    return (device.agent, *(f"{name}={value}" for name, value in sorted(rest.items())))
