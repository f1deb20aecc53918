"""Which devices a resource has, and which of ours another one has, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.bnfosconf.reader import BnfosConfig
from berofos_ra.bnfosconf.sections import parse_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError
from berofos_ra.resource.devices import devices_in_common, devices_of, history_key, in_doubt
from berofos_ra.resource.parameters import Parameters, parse_parameters
from berofos_ra.resource.record import DeviceRecord

OURS = parse_config(
    """[fos1]
mac = 00:19:32:00:00:01
host = 10.0.0.1
[fos2]
mac = 00:19:32:00:00:02
host = relay.example:8080
[fos3]
host = 10.0.0.3
"""
).devices
TWIN = (DeviceConfig("fos5", "10.0.0.1"),)
WIRED = {"port_b_node": "xivo-1", "port_d_node": "xivo-2"}


def parameters(devices: str, config: object = "/etc/bnfos.conf", **others: str) -> Parameters:
    return parse_parameters({**WIRED, **others, "devices": devices, "config": str(config)})


def in_common(other: Parameters, config: object = "/etc/bnfos.conf") -> list[str]:
    return [device.name for device in devices_in_common(other, OURS, str(config))]


@pytest.mark.parametrize(
    ("named", "expected"),
    [("all", ["fos1", "fos2", "fos3"]), ("fos3 fos1 fos9", ["fos1", "fos3"]), ("fos9", [])],
)
def test_in_the_same_file_the_names_say_it(named: str, expected: list[str]) -> None:
    assert in_common(parameters(named)) == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("host = 10.0.0.1", ["fos1"]),
        ("host = 10.0.0.1:8080", []),
        ("host = Relay.Example:8080", ["fos2"]),
        ("host = 10.0.0.9\nmac = 00:19:32:00:00:02", ["fos2"]),
        ("host = 10.0.0.9\nmac = 00:19:32:00:00:09", []),
        ("host = 10.0.0.9", []),  # nor does a missing MAC make it fos3
    ],
)
def test_in_another_file_addresses_and_macs_say_it(tmp_path: Path, section: str, expected: list[str]) -> None:
    other = tmp_path / "other.conf"
    other.write_text(f"[fos1]\n{section}\n")
    assert in_common(parameters("fos1", other)) == expected


def test_a_file_by_another_name_is_the_same_file(tmp_path: Path) -> None:
    file, link = tmp_path / "bnfos.conf", tmp_path / "link"
    file.write_text("[fos1]\nhost = 10.0.0.9\n")
    link.symlink_to(file)
    assert in_common(parameters("fos1", link), f"{tmp_path}/../{tmp_path.name}/bnfos.conf") == ["fos1"]


def test_of_another_file_only_the_devices_that_the_resource_names_count(tmp_path: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text("[fos1]\nhost = 10.0.0.1\n[fos2]\nhost = 10.0.0.3\n")
    assert in_common(parameters("fos2", other)) == ["fos3"]
    with pytest.raises(ConfigError):
        in_common(parameters("fos3", other))
    with pytest.raises(ConfigError):
        in_common(parameters("all", tmp_path / "none.conf"))


def test_symlinks_in_a_circle_are_no_bug(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(ConfigError):
        in_common(parameters("all", circle))


def test_a_resource_has_the_devices_that_it_names_in_that_order() -> None:
    config = BnfosConfig("/etc/bnfos.conf", OURS)
    assert [device.name for device in devices_of(config, parameters("fos3 fos1"))] == ["fos3", "fos1"]
    with pytest.raises(ConfigError, match="3 devices, but min_devices is 4"):
        devices_of(config, parameters("all", min_devices="4"))


def test_devices_whose_watchdogs_are_to_be_kicked_need_a_mac() -> None:
    config = BnfosConfig("/etc/bnfos.conf", OURS)
    bypass = parse_parameters({"devices": "fos2 fos3", "topology": "xivo-pbx"})
    with pytest.raises(ConfigError, match=r"\[fos3\] has no mac"):
        devices_of(config, bypass)


def test_among_all_devices_those_that_lack_something_are_in_doubt() -> None:
    config = BnfosConfig("/etc/bnfos.conf", (*OURS, DeviceConfig("fos4", host_problem="line 9: no"), *TWIN))
    everything = parameters("all")
    doubts = {"fos4": "section [fos4], line 9: no", "fos5": "section [fos5] has the same host as fos1"}
    assert in_doubt(devices_of(config, everything), everything) == doubts
    bypass = parse_parameters({"devices": "all", "topology": "xivo-pbx"})
    macless = {"fos3": "section [fos3] has no mac, needed to kick its watchdog"}
    assert macless.items() <= in_doubt(devices_of(config, bypass), bypass).items()


def test_what_is_remembered_of_a_device_is_found_by_what_the_file_says_of_it() -> None:
    with_mac, macless = OURS[0], OURS[2]
    learned = DeviceRecord(host="10.0.0.3", mac="00:19:32:00:00:03", mac_learned=True)
    assert history_key(learned) == history_key(macless) == "10.0.0.3:80"
    assert history_key(DeviceRecord(host="10.9.9.9", mac=with_mac.mac)) == history_key(with_mac) == with_mac.mac
