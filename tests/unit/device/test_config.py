"""How a device is reached, and what is said when the config file doesn't tell."""

from __future__ import annotations

import pytest

from berofos_ra.device.config import DeviceConfig, is_device_name
from berofos_ra.errors import AddressMissingError, explain

MAC = "00:19:32:00:12:1D"


def test_host_and_mac_are_given_where_they_are_known() -> None:
    device = DeviceConfig("fos1", "10.34.1.20", mac=MAC)
    assert (device.require_host(), device.require_mac("to ping it")) == ("10.34.1.20", MAC)


def test_a_missing_host_is_told() -> None:
    with pytest.raises(AddressMissingError) as caught:
        DeviceConfig("fos2", mac=MAC).require_host()
    assert explain(caught.value) == "section [fos2] has no host; add host = ADDRESS"


def test_a_missing_mac_is_told_with_what_it_is_needed_for() -> None:
    with pytest.raises(AddressMissingError) as caught:
        DeviceConfig("fos2", "10.34.1.20").require_mac("to ping it")
    assert explain(caught.value) == "section [fos2] has no mac, needed to ping it; find it with berofos scan"


@pytest.mark.parametrize("name", ["fos1", "fos9", "fos10", "fos123"])
def test_a_device_is_called_fos_and_a_number(name: str) -> None:
    assert is_device_name(name)


@pytest.mark.parametrize("name", ["", "fos", "fos0", "fos01", "Fos1", "fos1 ", "fos1\n", "fos-1", "fos\u0661", "all"])
def test_anything_else_is_no_device(name: str) -> None:
    assert not is_device_name(name)
