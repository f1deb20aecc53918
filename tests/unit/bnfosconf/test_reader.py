"""``/etc/bnfos.conf``: what it may hold, and what is said when it can't serve."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.bnfosconf.reader import BnfosConfig, read_config
from berofos_ra.bnfosconf.sections import parse_config
from berofos_ra.errors import ConfigError, ConfigUnreadableError, ConfigUntrustedError, explain
from tests.support.wire import all_it_says
from tests.unit.bnfosconf.examples import EXAMPLE, MAC


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bnfos.conf"


SECRET = "Geheim7"


@given(st.binary(max_size=60))
def test_no_complaint_about_any_bytes_holds_a_word_of_them(junk: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "bnfos.conf")
        file.write_bytes(b"[fos1]\nhost = 10.34.1.50\nlogin = admin:Geheim7" + junk)
        try:
            shown = repr(read_config(str(file)))
        except ConfigError as error:
            shown = all_it_says(error)
    assert SECRET not in shown


def config(text: str) -> BnfosConfig:
    return BnfosConfig("/b.conf", parse_config(text).devices)


THREE = config("[fos1]\nhost = a\n[fos3]\nhost = c\n[fos2]\nhost = b\n")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("fos1",), ["fos1"]),
        (("fos2", "fos1"), ["fos2", "fos1"]),
        (("all",), ["fos1", "fos3", "fos2"]),
    ],
)
def test_devices_are_selected_in_the_order_asked_for(names: tuple[str, ...], expected: list[str]) -> None:
    assert [device.name for device in THREE.select(names)] == expected


def test_all_devices_may_have_gaps_between_their_numbers() -> None:
    assert [device.name for device in config("[fos2]\nhost=b\n[fos7]\nhost=g").select(("all",))] == [
        "fos2",
        "fos7",
    ]


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("[fos1]\nhost = a", ("fos1", "fos2"), "/b.conf: no section [fos2]; add it, or take fos2 from devices"),
        ("", ("all",), "/b.conf: no device in it; add a section [fos1] with its host"),
        (f"[fos1]\nmac = {MAC}", ("fos1",), "/b.conf: section [fos1] has no host; add host = ADDRESS"),
        (f"[fos2]\nmac = {MAC}", ("all",), "/b.conf: section [fos2] has no host; add host = ADDRESS"),
        (
            "[fos1]\nhost = a\n[fos2]\nhost = b!",
            ("fos2",),
            "/b.conf: section [fos2], line 4: host isn't an IPv4 address or a host name; correct it",
        ),
        ("[fos1]\nhost = a\n[fos2]\n", ("fos2",), "/b.conf: no section [fos2]; add it, or take fos2 from devices"),
    ],
)
def test_a_device_that_can_t_be_asked_can_t_be_selected(text: str, names: tuple[str, ...], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(text).select(names)
    assert explain(caught.value) == expected


def test_of_all_devices_those_that_cannot_be_asked_hinder_nobody() -> None:
    some = config(f"[fos1]\nhost = a\n[fos2]\nmac = {MAC}\n[fos3]\nhost = 10.0.0.256\nmac = {MAC}\n[fos4]\n")
    assert [device.name for device in some.select(("all",))] == ["fos1", "fos2", "fos3"]
    assert [device.name for device in some.select(("fos1",))] == ["fos1"]
    with pytest.raises(ConfigError, match="has no mac"):  # fos1 has none, the others no host: nobody can be kicked
        some.select(("all",), kicked=True)


def test_a_file_with_a_byte_order_mark_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.encode())
    assert read_config(str(file)).devices == parse_config(EXAMPLE).devices


@pytest.mark.parametrize(
    ("mode", "text", "readable"),
    [
        (0o600, EXAMPLE, False),
        (0o400, EXAMPLE, False),
        (0o640, EXAMPLE, True),
        (0o604, EXAMPLE, True),
        (0o644, "[fos1]\nhost = 10.34.1.50", False),
    ],
)
def test_passwords_open_to_others_are_noticed(file: Path, mode: int, text: str, readable: bool) -> None:
    file.write_text(text)
    file.chmod(mode)
    assert read_config(str(file)).readable_by_others is readable


@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_passwords_are_not_used_when_others_could_have_written_them(file: Path, mode: int) -> None:
    """Whoever writes the file says to which address the passwords go."""
    file.write_text(EXAMPLE)
    file.chmod(mode)
    with pytest.raises(ConfigUntrustedError) as caught:
        read_config(str(file))
    assert explain(caught.value) == f"{file}: holds passwords and others can write it; chmod 0600 {file}"


def test_passwords_are_not_used_when_the_file_is_somebody_else_s(file: Path) -> None:
    file.write_text(EXAMPLE)
    file.chmod(0o600)
    os.chown(file, 65534, -1)
    with pytest.raises(ConfigUntrustedError) as caught:
        read_config(str(file))
    assert explain(caught.value) == f"{file}: holds passwords and belongs to user 65534; chown root {file}"


def test_a_file_without_passwords_may_be_anybody_s(file: Path) -> None:
    file.write_text("[fos1]\nhost = 10.34.1.50")
    file.chmod(0o666)
    os.chown(file, 65534, -1)
    assert len(read_config(str(file)).devices) == 1


def file_complaint(path: Path | str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(str(path))
    assert not isinstance(caught.value, ConfigUnreadableError)
    return explain(caught.value)


def test_a_file_that_isn_t_utf_8_is_read(file: Path) -> None:
    file.write_bytes(b"# B\xfcro\n[fos1]\nhost = 10.34.1.50\nlogin = admin:Geheim7\xe9\n")
    config = read_config(str(file))
    assert [device.password for device in config.devices] == ["Geheim7\u00e9"]
    assert [odd.line for odd in config.oddities] == [4]


def test_a_missing_file_is_told(file: Path) -> None:
    assert file_complaint(file) == f"{file}: no such file; list the berofos devices there"


def test_a_directory_is_told(tmp_path: Path) -> None:
    assert file_complaint(tmp_path) == f"{tmp_path}: can't be read: Is a directory"


def test_what_is_no_file_is_not_read(file: Path) -> None:
    """It might never end, or never begin."""
    os.mkfifo(file)
    for path in (str(file), "/dev/zero"):
        assert file_complaint(path) == f"{path}: isn't a file but a device or a pipe"


def test_a_file_that_can_t_be_meant_is_not_read_to_its_end(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(2**40)
    assert file_complaint(file) == f"{file}: larger than 1 MiB; is that the right file?"


def test_a_path_through_a_file_is_told(file: Path) -> None:
    file.touch()
    assert file_complaint(file / "x") == f"{file / 'x'}: can't be read: Not a directory"


def test_a_path_that_can_t_be_one_is_told() -> None:
    assert "not a file name" in file_complaint("/b\0.conf")


UNREADABLE = """
import os, sys
from berofos_ra.bnfosconf.reader import read_config
from berofos_ra.errors import ConfigUnreadableError, explain
if os.geteuid() == 0:
    os.seteuid(65534)
try:
    read_config(sys.argv[1])
except ConfigUnreadableError as error:
    print(explain(error))
"""


def test_a_file_that_this_user_may_not_read_is_told() -> None:
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)  # only the file itself is closed
        file = Path(directory, "bnfos.conf")
        file.write_text(EXAMPLE)
        file.chmod(0o000)
        done = subprocess.run(
            [sys.executable, "-c", UNREADABLE, str(file)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        )
    assert done.stdout == f"{file}: permission denied; it must be readable by root\n"
