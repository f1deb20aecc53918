"""Changes to the text of a ``bnfos.conf``, and putting it in the file's place."""

from __future__ import annotations

import stat
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.bnfosconf.reader import parse_config, read_text
from berofos_ra.bnfosconf.writer import merge_scan, remove_value, set_value, write_config
from berofos_ra.device.gbl4 import NetConf, ScanAnswer
from berofos_ra.errors import ConfigError


def seen(number: int, host: str | None = None, port: int = 80) -> ScanAnswer:
    """A device that has answered a scan."""
    nowhere = IPv4Address(0)
    netconf = NetConf(IPv4Address(host or f"10.34.1.{number}"), nowhere, nowhere, 3, True, False, port)
    return ScanAnswer(mac(number), 0x50, (1, 2), (1, 53), True, netconf, 7, False)


def mac(number: int) -> str:
    return f"00:19:32:00:12:{number:02X}"


def test_new_devices_are_written_as_the_vendor_s_tool_does() -> None:
    merged = merge_scan("", [seen(1), seen(2, "0.0.0.0"), seen(3, port=8080)])
    assert merged.text == (
        f"[fos1]\nmac = {mac(1)}\nhost = 10.34.1.1\n#login = <user>:<password>\n\n"
        f"[fos2]\nmac = {mac(2)}\n;host = 0.0.0.0\n#login = <user>:<password>\n\n"
        f"[fos3]\nmac = {mac(3)}\nhost = 10.34.1.3:8080\n#login = <user>:<password>\n"
    )
    assert merged.names == {mac(1): "fos1", mac(2): "fos2", mac(3): "fos3"}
    assert merged.silent == ()
    assert merge_scan(merged.text, [seen(1), seen(2, "0.0.0.0"), seen(3, port=8080)]).text == merged.text


def test_more_than_nine_devices() -> None:
    merged = merge_scan("", [seen(number) for number in range(1, 33)])
    assert [device.name for device in parse_config(merged.text)] == [f"fos{number}" for number in range(1, 33)]


def test_a_device_that_is_known_keeps_name_and_login_wherever_it_is_now() -> None:
    before = (
        f"# ours\n[fos1]\nmac={mac(1)}\nhost = 10.1.1.1\nlogin = admin:a=#; b\n\n"
        f"[FOS2]\n;host = 0.0.0.0\nmac = {mac(2).lower()}\nextra = kept\nlogin = admin:c\n"
    )
    merged = merge_scan(before, [seen(2), seen(9)])
    assert merged.text == (
        f"# ours\n[fos1]\nmac={mac(1)}\nhost = 10.1.1.1\nlogin = admin:a=#; b\n\n"
        f"[FOS2]\nhost = 10.34.1.2\nmac = {mac(2)}\nextra = kept\nlogin = admin:c\n\n"
        f"[fos3]\nmac = {mac(9)}\nhost = 10.34.1.9\n#login = <user>:<password>\n"
    )
    assert merged.names == {mac(2): "fos2", mac(9): "fos3"}
    assert merged.silent == ("fos1",)


def test_devices_that_swapped_their_addresses_keep_their_names() -> None:
    before = merge_scan("", [seen(1), seen(2)]).text
    after = parse_config(merge_scan(before, [seen(1, "10.34.1.2"), seen(2, "10.34.1.1")]).text)
    assert [(device.name, device.mac, device.host) for device in after] == [
        ("fos1", mac(1), "10.34.1.2"),
        ("fos2", mac(2), "10.34.1.1"),
    ]


def test_new_hardware_at_an_old_address_takes_the_name_but_not_the_login() -> None:
    before = f"[fos1]\nmac = {mac(1)}\nhost = 10.34.1.7\nlogin = admin:old\n"
    merged = merge_scan(before, [seen(7)])
    assert merged.text == f"[fos1]\nmac = {mac(7)}\nhost = 10.34.1.7\n#login = <user>:<password>\n"


def test_a_section_without_a_mac_is_recognised_by_its_address_and_keeps_the_login() -> None:
    merged = merge_scan("[fos1]\nhost = 10.34.1.7\nlogin = admin:old\n", [seen(7)])
    assert merged.text == f"[fos1]\nhost = 10.34.1.7\nlogin = admin:old\nmac = {mac(7)}\n"


def test_gaps_are_filled() -> None:
    merged = merge_scan("[fos2]\nhost = 10.9.9.9\n", [seen(1), seen(3)])
    assert merged.names == {mac(1): "fos1", mac(3): "fos3"}


def test_a_text_that_isn_t_a_config_stays_what_it_is() -> None:
    with pytest.raises(ConfigError, match="x: line 1: "):
        merge_scan("[fos]\n", [seen(1)], "x")


def test_a_value_takes_the_place_of_the_one_that_is_commented_out() -> None:
    text = "[fos1]\nhost = a\n #login = <user>:<password>\n\n[fos2]\nhost = b\n"
    assert set_value(text, "fos1", "login", "admin:x") == text.replace(
        " #login = <user>:<password>", "login = admin:x"
    )
    assert set_value(text, "fos2", "login", "admin:x") == text + "login = admin:x\n"
    assert remove_value(set_value(text, "fos2", "login", "y:z"), "fos2", "host").endswith("[fos2]\nlogin = y:z\n")


def test_what_can_t_be_written() -> None:
    with pytest.raises(ConfigError, match=r"no section \[fos2\]"):
        set_value("[fos1]\nhost = a\n", "fos2", "login", "admin:x")
    with pytest.raises(ConfigError) as caught:
        set_value("[fos1]\nhost = a\n", "fos1", "login", "admin:x\nhost = evil")
    assert "evil" not in str(caught.value)


PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=15)


@given(user=PRINTABLE.filter(lambda text: ":" not in text), password=PRINTABLE)
def test_any_login_survives(user: str, password: str) -> None:
    text = set_value("[fos1]\nhost = a\n", "fos1", "login", f"{user}:{password}")
    (device,) = parse_config(text)
    assert (device.user, device.password) == (user, password)


def test_a_file_is_replaced_whole_and_for_its_owner_only(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o644)
    link.symlink_to(real)
    write_config(str(link), "new\u00e9\n")
    assert read_text(str(real))[0] == "new\u00e9\n"
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_a_file_that_can_t_be_written_stays_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(ConfigError, match=f"{folder}: can't be written: "):
        write_config(str(folder), "new")
    with pytest.raises(ConfigError, match="No such file"):
        write_config(str(tmp_path / "no" / "where"), "new")
    assert list(tmp_path.iterdir()) == [folder]
