"""The resource's parameters: the one definition that meta-data, validation and manuals are made from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from berofos_ra.bnfosconf import reader
from berofos_ra.boolean import boolean
from berofos_ra.device.config import is_device_name
from berofos_ra.errors import ParameterError
from berofos_ra.number import whole_number
from berofos_ra.wiring.topology import TOPOLOGIES, Wiring, wiring


class Parameter(NamedTuple):
    """One parameter as an administrator sees it.

    ``kind`` is the OCF content type. ``choices`` are the only values of a string, ``limits`` the smallest and the
    greatest of an integer.
    """

    name: str
    kind: str
    default: str | None
    shortdesc: str
    longdesc: str
    reloadable: bool = False
    choices: tuple[str, ...] = ()
    limits: tuple[int, int] = (0, 0)


PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "devices",
        "string",
        "fos1",
        "berofos devices to switch",
        "Names of the devices that switch together, separated by spaces or commas: the section names of the "
        'configuration file, such as "fos1 fos2". "all" means every section of that file.',
    ),
    Parameter(
        "config",
        "string",
        reader.DEFAULT_PATH,
        "file with the devices' addresses and logins",
        "Absolute path of the file that lists the devices, one section each with host, login and mac. "
        "It holds passwords: let it belong to root, with mode 0600, and be the same on all nodes.",
    ),
    Parameter(
        "topology",
        "string",
        "two-xivo",
        "what is wired where",
        "The wiring, one of: "
        + "; ".join(f"{topology.name} ({topology.meaning})" for topology in TOPOLOGIES.values())
        + ".",
        choices=tuple(TOPOLOGIES),
    ),
    Parameter(
        "port_b_node",
        "string",
        None,
        "cluster node wired to port group B",
        "Name of the cluster node wired to port group B. Needed unless topology is xivo-pbx, where it is optional "
        "and limits the resource to that node.",
    ),
    Parameter(
        "port_d_node",
        "string",
        None,
        "cluster node wired to port group D",
        "Name of the cluster node wired to port group D. Needed unless topology is xivo-pbx, where D leads to the "
        "PBX and naming a node is an error.",
    ),
    Parameter(
        "min_devices",
        "integer",
        "1",
        "how many devices must be had",
        "How many devices must be on this node's side for the resource to count as running; 0 means all. It is about "
        "devices that can't be had: with one dead device of several the lines of the others still go where the XiVO "
        "runs, and the resource is degraded. A device that answers and is on the other side is put right, whatever "
        "this says.",
        reloadable=True,
        limits=(0, 255),
    ),
    Parameter(
        "on_unreachable",
        "string",
        "degrade",
        "what an unreachable device means",
        "What it means when a device that was on this node's side can't be asked any more. degrade: the relay is "
        "trusted to be where it was, and the resource runs degraded. fail: the device counts as elsewhere.",
        reloadable=True,
        choices=("degrade", "fail"),
    ),
    Parameter(
        "on_stop",
        "string",
        None,
        "what stop does with the relay",
        "keep: stop leaves the relay (and an armed watchdog) as it is. bypass: stop switches to mode 0, A--D, and "
        "then turns the watchdog off; only where D is a PBX. The default is bypass for the topology xivo-pbx and "
        "keep for the others.",
        choices=("keep", "bypass"),
    ),
    Parameter(
        "watchdog_interval",
        "integer",
        "60",
        "seconds until the device falls back by itself",
        "Topology xivo-pbx only: after this many seconds without a monitor the device itself switches the lines to "
        "the PBX. Make it at least twice the monitor interval.",
        reloadable=True,
        limits=(1, 65535),
    ),
    Parameter(
        "spans",
        "string",
        "",
        "DAHDI spans to watch on the active node",
        'Numbers of the ISDN spans behind the relay, such as "1 2", or for each node its own: '
        '"xivo-1:1,2 xivo-2:5,6". Empty: no spans are watched.',
        reloadable=True,
    ),
    Parameter(
        "spans_wait",
        "integer",
        "30",
        "seconds that start waits for the spans",
        "How many seconds start lets the spans come up after a switch. It has to fit into the start timeout.",
        reloadable=True,
        limits=(0, 3600),
    ),
    Parameter(
        "on_span_alarm",
        "string",
        "degrade",
        "what all spans in alarm mean",
        "fail: all watched spans in alarm at once is a failure. degrade: the resource runs degraded, since a "
        "provider's outage is no reason to move the lines about. Some spans in alarm always only degrade.",
        reloadable=True,
        choices=("degrade", "fail"),
    ),
    Parameter(
        "provision",
        "boolean",
        "true",
        "whether start applies the device settings",
        "Whether start also applies the device settings that the topology needs: scenario, default relay mode and "
        "watchdog defaults. Otherwise only the relay (and with xivo-pbx the watchdog) is set.",
    ),
    Parameter(
        "timeout",
        "integer",
        "3",
        "timeout for one request to a device, in seconds",
        "How many seconds one device may take for one request.",
        reloadable=True,
        limits=(1, 60),
    ),
)

_BY_NAME = {parameter.name: parameter for parameter in PARAMETERS}


class Parameters(NamedTuple):
    """The parameters' values, checked as far as that goes without looking at this node."""

    devices: tuple[str, ...]
    config: str
    wiring: Wiring
    min_devices: int
    trust_unreachable: bool
    bypass_on_stop: bool
    watchdog_interval: int
    spans: Mapping[str | None, tuple[int, ...]]
    spans_wait: int
    fail_on_span_alarm: bool
    provision: bool
    timeout: int
    odd: tuple[str, ...] = ()  # what makes no sense, and is taken otherwise where something runs

    def spans_of(self, node: str) -> tuple[int, ...]:
        """The spans to watch on ``node``."""
        return self.spans.get(None) or self.spans.get(node.casefold(), ())


def parse_parameters(given: Mapping[str, str]) -> Parameters:
    """Check the values given; those not given take their defaults.

    Raises:
        ParameterError: a value makes no sense on any node.
    """
    text = {parameter.name: given.get(parameter.name, parameter.default or "") for parameter in PARAMETERS}
    for name, value in text.items():
        if not value.isprintable():
            raise ParameterError(f"{name}: holds a control character")
    place = wiring(text["topology"], text["port_b_node"] or None, text["port_d_node"] or None)
    on_stop = text["on_stop"] or ("bypass" if place.topology.watchdog else "keep")
    devices = _devices(text["devices"])
    bypass = _one_of("on_stop", on_stop) == "bypass"
    odd: tuple[str, ...] = ()
    if bypass and not place.topology.pbx_on_d:
        odd = (f"on_stop: bypass makes no sense in {place.topology.name}, where D is a XiVO; taken as keep",)
    return Parameters(
        devices=devices,
        config=_path(text["config"]),
        wiring=place,
        min_devices=_min_devices(text["min_devices"], devices),
        trust_unreachable=_one_of("on_unreachable", text["on_unreachable"]) == "degrade",
        bypass_on_stop=bypass and not odd,
        watchdog_interval=_number("watchdog_interval", text["watchdog_interval"]),
        spans=_spans(text["spans"], place),
        spans_wait=_number("spans_wait", text["spans_wait"]),
        fail_on_span_alarm=_one_of("on_span_alarm", text["on_span_alarm"]) == "fail",
        provision=_boolean("provision", text["provision"]),
        timeout=_number("timeout", text["timeout"]),
        odd=odd,
    )


def _devices(text: str) -> tuple[str, ...]:
    names = tuple(name.lower() for name in re.split(r"[ ,]+", text) if name)
    if not names:
        raise ParameterError("devices: empty; name at least one, such as fos1")
    if names == ("all",):
        return names
    seen = set()
    for name in names:
        if not is_device_name(name):
            raise ParameterError(f"devices: {name!r} isn't a berofos name such as fos1")
        if name in seen:
            raise ParameterError(f"devices: {name} is there twice")
        seen.add(name)
    return names


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ParameterError(f"config: {text!r} isn't an absolute path")
    return text


def _number(name: str, text: str) -> int:
    low, high = _BY_NAME[name].limits
    number = whole_number(text, low, high)
    if number is None:
        raise ParameterError(f"{name}: {text!r} isn't a whole number from {low} to {high}")
    return number


def _min_devices(text: str, devices: tuple[str, ...]) -> int:
    number = _number("min_devices", text)
    if devices != ("all",) and number > len(devices):
        raise ParameterError(f"min_devices: {number} is more than the {len(devices)} of devices")
    return number


def _one_of(name: str, text: str) -> str:
    choices = _BY_NAME[name].choices
    if text not in choices:
        raise ParameterError(f"{name}: {text!r} is none of {', '.join(choices)}")
    return text


def _boolean(name: str, text: str) -> bool:
    value = boolean(text)
    if value is None:
        raise ParameterError(f"{name}: {text!r} is neither true nor false")
    return value


def _spans(text: str, place: Wiring) -> dict[str | None, tuple[int, ...]]:
    """Span numbers by node (in lower case), or under None for all nodes alike."""
    spans: dict[str | None, tuple[int, ...]] = {}
    nodes = [node.casefold() for node in place.nodes]
    for word in text.split():
        name, colon, numbers = word.rpartition(":")
        node = name.casefold() if colon else None
        parts = [part for part in numbers.split(",") if part]
        if not parts or not all(re.fullmatch("[1-9][0-9]{0,4}", part, re.ASCII) for part in parts):
            raise ParameterError(f"spans: {word!r} isn't a list of span numbers such as 1,2")
        if node is not None and (not node or (nodes and node not in nodes)):
            raise ParameterError(f"spans: {name!r} is neither port_b_node nor port_d_node")
        spans[node] = (*spans.get(node, ()), *(int(part) for part in parts))
    if None in spans and len(spans) > 1:
        raise ParameterError("spans: name the node of all spans, or of none")
    return spans
