"""``berofos simulate``: the devices of a bnfos.conf, without hardware."""

from __future__ import annotations

import argparse
import math
import queue
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.cli.common import say, seconds
from berofos_ra.cli.recording_file import read_recording
from berofos_ra.cli.replay import spec_options
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError, ParameterError
from berofos_ra.number import whole_number

if TYPE_CHECKING:
    from berofos_ra.simulator import DeviceSpec
    from berofos_ra.simulator.events import Event

SUMMARY = "simulate every device of the config file at its address until interrupted"
EXAMPLE = """\
  ip addr add 10.34.1.20/32 dev lo          # a device's address must be on this machine
  berofos --config ./bnfos.conf simulate --control 127.0.0.1:8900 --events ./events.jsonl
  berofos --config ./bnfos.conf simulate --from ./fos1.json
  curl -X PUT -d '{"on": false}' http://127.0.0.1:8900/devices/fos1/power   # pull its plug
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--control", metavar="ADDRESS:PORT", type=_address_and_port, help="control interface, HTTP and JSON, no login"
    )
    parser.add_argument("--events", metavar="FILE", help="append every event to this file as a JSON line")
    parser.add_argument(
        "--from",
        metavar="FILE",
        dest="recording",
        type=Path,
        help="behave like the device of this recording, which berofos record wrote",
    )
    parser.add_argument(
        "--auth", choices=("basic", "digest"), help="login asked for, where there is one (default basic)"
    )
    parser.add_argument("--latency", metavar="SECONDS", type=_seconds, help="time before every answer (default 0)")
    parser.add_argument(
        "--start-mode", metavar="0|1", type=int, choices=(0, 1), help="relay mode at first (default 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Simulate until SIGTERM or SIGINT."""
    from berofos_ra.simulator import Simulator
    from berofos_ra.simulator.events import describe

    devices = read_config(args.config).devices
    if not devices:
        raise ConfigError(f"{args.config}: no device in it to simulate")
    file = args.recording
    like = {} if file is None else spec_options(read_recording(file), str(file), args.auth)
    placed = [device for device in devices if device.host is not None] or devices
    specs = [_spec(number, device, args, like) for number, device in enumerate(placed, 1)]
    news: queue.SimpleQueue[Event | None] = queue.SimpleQueue()  # None: end
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: news.put(None))
    with Simulator(specs, events=args.events, control=args.control) as simulator:
        simulator.events.listen(news.put)
        for device in simulator.devices:
            say(f"{device.name} at {device.address}: relay {device.relay}")
        while (event := news.get()) is not None:
            say(describe(event))
    return 0


def _spec(number: int, device: DeviceConfig, args: argparse.Namespace, like: Mapping[str, Any]) -> DeviceSpec:
    from berofos_ra.simulator import DeviceSpec

    if device.host is None:
        raise ConfigError(f"{args.config}: {device.name} has no host to simulate it at")
    given = {"auth": args.auth, "latency": args.latency}
    if args.start_mode is not None:
        given["settings"] = {"mode": args.start_mode}
    try:
        return DeviceSpec(
            name=device.name,
            address=device.host,
            mac=device.mac or f"00:19:32:00:00:{number & 0xFF:02X}",
            port=device.port,
            user=device.user or "admin",
            password=device.password,
            **{**like, **{option: value for option, value in given.items() if value is not None}},
        )
    except ParameterError as error:
        raise ConfigError(f"{args.config}: {error}") from None


def _address_and_port(text: str) -> tuple[str, int]:
    address, _, digits = text.rpartition(":")
    port = whole_number(digits, 0, 65535)
    if not address or port is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not ADDRESS:PORT, such as 127.0.0.1:8900")
    return address, port


def _seconds(text: str) -> float:
    return seconds(text, lambda number: 0 <= number < math.inf)
