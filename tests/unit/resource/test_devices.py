"""Which of our devices another resource has, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.bnfosconf.reader import parse_config
from berofos_ra.errors import ConfigError
from berofos_ra.resource.devices import covered, listed_elsewhere

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
)


def names(found: object) -> list[str]:
    assert isinstance(found, list)
    return [device.name for device in found]


@pytest.mark.parametrize(
    ("named", "expected"),
    [(("all",), ["fos1", "fos2", "fos3"]), (("fos3", "fos1", "fos9"), ["fos1", "fos3"]), (("fos9",), [])],
)
def test_in_the_same_file_the_names_say_it(named: tuple[str, ...], expected: list[str]) -> None:
    assert names(covered(named, None, OURS)) == expected


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
def test_in_another_file_addresses_and_macs_say_it(section: str, expected: list[str]) -> None:
    listed = parse_config(f"[fos1]\n{section}\n")
    assert names(covered(("fos1",), listed, OURS)) == expected


def test_a_file_by_another_name_is_the_same_file(tmp_path: Path) -> None:
    file, link = tmp_path / "bnfos.conf", tmp_path / "link"
    file.write_text("[fos1]\nhost = 10.0.0.1\n")
    link.symlink_to(file)
    assert listed_elsewhere(str(link), ("all",), f"{tmp_path}/../{tmp_path.name}/bnfos.conf") is None


def test_another_file_lists_what_the_resource_names(tmp_path: Path) -> None:
    other = tmp_path / "other.conf"
    other.write_text("[fos1]\nhost = 10.0.0.1\n[fos2]\nhost = 10.0.0.2\n")
    listed = listed_elsewhere(str(other), ("fos2",), "/etc/bnfos.conf")
    assert listed is not None
    assert [device.host for device in listed] == ["10.0.0.2"]
    with pytest.raises(ConfigError):
        listed_elsewhere(str(other), ("fos3",), "/etc/bnfos.conf")
    with pytest.raises(ConfigError):
        listed_elsewhere(str(tmp_path / "none.conf"), ("all",), "/etc/bnfos.conf")


def test_symlinks_in_a_circle_are_no_bug(tmp_path: Path) -> None:
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(ConfigError):
        listed_elsewhere(str(circle), ("all",), "/etc/bnfos.conf")
