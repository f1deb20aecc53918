"""Simulated devices in this process, and the ``bnfos.conf`` that names them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from berofos_ra.cli.recording_file import read_recording
from berofos_ra.cli.replay import spec_options
from berofos_ra.simulator import DeviceSpec, Simulator
from berofos_ra.simulator.running import RunningDevice
from berofos_ra.simulator.values import FACTORY
from tests.support.addresses import own_address
from tests.support.checkout import CHECKOUT

_GBL4_PORT = 50123  # the only one that our commands know, so every device needs an address of its own
_numbers = itertools.count(1)
RECORDINGS = sorted((CHECKOUT / "tests" / "devices").glob("*.json"))


def specs(names: Sequence[str], **options: object) -> list[DeviceSpec]:
    """Devices as delivered, each at an address of its own; ``options`` are those of `DeviceSpec`."""
    return [
        DeviceSpec(
            name,
            own_address(),
            f"00:19:32:00:{number % 65536 >> 8:02X}:{number % 256:02X}",
            port=0,
            gbl4_port=_GBL4_PORT,
            **options,  # type: ignore[arg-type]
        )
        for number, name in zip(_numbers, names, strict=False)
    ]


def as_recorded(file: Path, **options: object) -> dict[str, object]:
    """The options of devices that behave as that recording's, set up as delivered and then as ``options`` say."""
    given = options.pop("settings", {})
    assert isinstance(given, Mapping)
    settings = {**FACTORY, "wdog": False, "pwd": options.get("password") is not None, **given}
    like = spec_options(read_recording(file), file.name, None if "auth" not in options else str(options["auth"]))
    return {**like, **options, "settings": settings}


class DeviceSite:
    """Devices that run, and a folder with their config file, which isn't there before `configure`."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.simulator = simulator
        self.config = folder / "bnfos.conf"

    def device(self, name: str) -> RunningDevice:
        return self.simulator.device(name)

    @property
    def fos1(self) -> RunningDevice:
        return self.device("fos1")

    @property
    def fos2(self) -> RunningDevice:
        return self.device("fos2")

    def __iter__(self) -> Iterator[RunningDevice]:
        return iter(self.simulator.devices)

    def label(self, name: str = "fos1") -> str:
        """The device as messages show it."""
        return f"{name} ({self.device(name).address}:{self.device(name).port})"

    def section(self, device: RunningDevice, login: str | None = None) -> str:
        """The device's section of the config file; ``login``: instead of the right one."""
        if login is None and device.spec.password is not None:
            login = f"{device.spec.user}:{device.spec.password}"
        lines = [f"[{device.name}]", f"mac = {device.spec.mac}", f"host = {device.address}:{device.port}"]
        return "\n".join([*lines, *([f"login = {login}"] if login else [])]) + "\n"

    def configure(self, text: str | None = None) -> None:
        """Write the config file: this text, else every device with its login."""
        self.config.touch(mode=0o600)
        self.config.write_text("\n".join(map(self.section, self)) if text is None else text, encoding="utf-8")
        self.config.chmod(0o600)

    def writes(self, name: str = "fos1") -> list[str]:
        """What the device was asked to change, in order: settings such as ``cmd=4&mode=1``, GBL4 commands by name.

        Kicks are counted by `kicks`.
        """
        asked = [request.what for request in self.device(name).requests if request.write]
        return [what.partition("?")[2] or what for what in asked if what != "kick"]

    def kicks(self, name: str = "fos1") -> int:
        """How often its watchdog was kicked."""
        return sum(request.what == "kick" for request in self.device(name).requests)

    def forget_requests(self) -> None:
        """Have the devices' records of what they were asked begin anew."""
        for device in self:
            device.clear_requests()


def run_out(device: RunningDevice) -> None:
    """Have its watchdog, which is armed, run out soon, and wait for that."""
    device.set_settings({"wdogitime": 1, "wdog": 0})
    device.set_settings({"wdog": 1})
    device.wait_for_event(event="watchdog ran out")


def shown(device: RunningDevice, wanted: Mapping[str, object]) -> dict[str, object]:
    """The device's present settings, those that ``wanted`` names."""
    return {keyword: device.settings[keyword] for keyword in wanted}
