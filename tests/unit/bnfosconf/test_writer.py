"""Changes to the text of a ``bnfos.conf``, and putting it in the file's place."""

from __future__ import annotations

import os
import stat
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.bnfosconf.reader import read_text
from berofos_ra.bnfosconf.sections import parse_config
from berofos_ra.bnfosconf.writer import merge_scan, remove_value, repaired, set_value, write_config
from berofos_ra.device.config import DeviceConfig
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
    assert [device.name for device in parse_config(merged.text).devices] == [
        f"fos{number}" for number in range(1, 33)
    ]


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
    after = parse_config(merge_scan(before, [seen(1, "10.34.1.2"), seen(2, "10.34.1.1")]).text).devices
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


def test_an_empty_section_is_filled() -> None:
    merged = merge_scan("[fos1] # to come\n# mac?\n\n[fos2]\nhost = 10.9.9.9\n", [seen(1)])
    assert merged.text == f"[fos1] # to come\n# mac?\nmac = {mac(1)}\nhost = 10.34.1.1\n\n[fos2]\nhost = 10.9.9.9\n"


ODD = f"""\
host = nowhere
rubbish
[asterisk]
host = pbx   ; of the hall
user = [x]
[FOS1] ground floor
MAC = 00-19-32-00-12-01 (as printed)
host 10.1.1.1   ; rack 4
host = 10.34.1.1;rack 5
place = cellar
what's this?
login = admin:a # b
# B\udcfcro
[fos:] # the tenth
mac = {mac(10).lower()}
host = 10.34.1.020
[fos1]
mac = twice
"""
REPAIRED = f"""\
# host = nowhere
# rubbish
[asterisk]
host = pbx   ; of the hall
user = [x]
[fos1] # ground floor
# (as printed)
mac = 00:19:32:00:12:01
;host 10.1.1.1   ; rack 4
;rack 5
host = 10.34.1.1
place = cellar
# what's this?
login = admin:a # b
# B\udcfcro
[fos10] # the tenth
mac = {mac(10).lower()}
host = 10.34.1.020
[fos1]
mac = twice
"""


def devices_in(text: str) -> list[DeviceConfig]:
    """The devices, whatever lines the problems are in."""
    return [
        device._replace(
            host_problem=device.host_problem.partition(": ")[2], mac_problem=device.mac_problem.partition(": ")[2]
        )
        for device in parse_config(text).devices
    ]


def test_what_is_odd_is_repaired_where_it_is_clear_what_is_meant() -> None:
    assert repaired(ODD) == REPAIRED
    assert repaired(REPAIRED) == REPAIRED
    assert devices_in(REPAIRED) == devices_in(ODD)
    assert [odd.line for odd in parse_config(REPAIRED).oddities] == [3, 18, 19]  # as only its owner can tell


def test_a_scan_keeps_all_that_it_repairs() -> None:
    merged = merge_scan(ODD, [seen(1), seen(10), seen(2)])
    assert merged.names == {mac(1): "fos1", mac(10): "fos10", mac(2): "fos2"}
    section = f"\n[fos2]\nmac = {mac(2)}\nhost = 10.34.1.2\n#login = <user>:<password>\n"
    assert merged.text == (
        REPAIRED.replace("host = 10.34.1.020", "host = 10.34.1.10").replace(mac(10).lower(), mac(10)) + section
    )


LINES = [
    *ODD.splitlines(),
    "[fos2]",
    "[fos3]",
    "mac =",
    "host =",
    "login =",
    f"mac = {mac(3)}",
    "[fos2] x",
    " host = a b",
]


@given(st.lists(st.sampled_from(LINES)).map("\n".join))
def test_a_repair_changes_no_device_and_is_done_once(text: str) -> None:
    assert repaired(repaired(text)) == repaired(text)
    assert devices_in(repaired(text)) == devices_in(text)


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
    (device,) = parse_config(text).devices
    assert (device.user, device.password) == (user, password)


def test_a_file_is_replaced_whole_and_stays_whose_it_is(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(real, 65534, 12345)
    before = real.stat()
    link.symlink_to(real)
    write_config(str(link), "new\u00e9 \udcff\n")
    assert read_text(str(real))[0] == "new\u00e9 \udcff\n"
    assert link.is_symlink()
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert sorted(tmp_path.iterdir()) == [link, real]


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    write_config(str(tmp_path / "new"), "new\n")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600


def test_a_file_that_can_t_be_written_stays_what_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(ConfigError, match=f"{folder}: can't be written: "):
        write_config(str(folder), "new")
    with pytest.raises(ConfigError, match="No such file"):
        write_config(str(tmp_path / "no" / "where"), "new")
    assert list(tmp_path.iterdir()) == [folder]
