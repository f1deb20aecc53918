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

from berofos_ra.bnfosconf.reader import BnfosConfig, parse_config, read_config
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError, ConfigUnreadableError, ConfigUntrustedError, explain
from tests.support.wire import all_it_says

MAC = "00:19:32:00:12:1D"
EXAMPLE = """\
# the berofos of the ground floor
[fos1]
mac = 00:19:32:00:12:1D
host = 10.34.1.50
login = admin:secret
; the one of the cellar
[fos2]
host=fos-2.example.org:8080
"""

printable = st.characters(exclude_categories=["Cs"]).filter(str.isprintable)


def one(text: str) -> DeviceConfig:
    (device,) = parse_config(text, "/b.conf")
    return device


def login(value: str) -> DeviceConfig:
    return one(f"[fos1]\nhost = 10.34.1.50\nlogin = {value}\n")


def complaint(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "/b.conf")
    return explain(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "bnfos.conf"


def test_the_vendor_s_format_is_read() -> None:
    assert parse_config(EXAMPLE) == (
        DeviceConfig("fos1", "10.34.1.50", 80, MAC, "admin", "secret"),
        DeviceConfig("fos2", "fos-2.example.org", 8080),
    )


def test_what_the_vendor_s_scan_writes_is_read() -> None:
    text = f"[FOS1]\n  mac = {MAC.lower()}\n  ;host = 0.0.0.0\n  #login = <user>:<password>\n"
    assert one(text) == DeviceConfig("fos1", None, 80, MAC)


@pytest.mark.parametrize("password", ["a:b", "50%", "%(mac)s", "a=b", "=", "#1", "a ;b", "[x]", "ä€", "\\n", ""])
def test_a_password_is_taken_as_it_stands(password: str) -> None:
    assert login(f"admin:{password}").password == password


@given(st.text(printable).map(lambda text: text.strip(" ")), st.sampled_from(["\n", "\r\n", "\r", ""]))
def test_any_password_survives(password: str, line_end: str) -> None:
    device = one("\n".join(["[fos1]", "host = 10.34.1.50", f"login = admin:{password}"]) + line_end)
    assert (device.user, device.password) == ("admin", password)


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "  ", "\t"])
def test_line_ends_indentation_and_blank_lines_change_nothing(line_end: str, indent: str) -> None:
    text = "".join(f"{indent}{line}{indent}{line_end}{indent}{line_end}" for line in EXAMPLE.splitlines())
    assert parse_config(text) == parse_config(EXAMPLE)


def test_keys_and_sections_are_read_in_any_case() -> None:
    assert one(f"[Fos1]\nMAC = {MAC}\nHost = 10.34.1.50\nLOGIN = admin:Secret") == DeviceConfig(
        "fos1", "10.34.1.50", 80, MAC, "admin", "Secret"
    )


def test_a_comment_may_follow_a_section_s_name() -> None:
    assert one("[fos1] ; ground floor\nhost = 10.34.1.50").name == "fos1"


def test_empty_values_are_no_values() -> None:
    assert one(f"[fos1]\nhost =\nlogin =\nmac = {MAC}") == DeviceConfig("fos1", mac=MAC)
    assert one("[fos1]\nhost = 10.34.1.50\nmac =\n") == DeviceConfig("fos1", "10.34.1.50")


def test_unknown_keys_are_ignored() -> None:
    assert one("[fos1]\nhost = 10.34.1.50\nplace = cellar") == DeviceConfig("fos1", "10.34.1.50")


def test_a_file_without_sections_has_no_devices() -> None:
    assert parse_config("# nothing yet\n") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[fos1]\nhost = a\n[fos2]\nhost = b\n[fos1]\nhost = c", "/b.conf: line 5: section [fos1] is there twice"),
        ("[fos1]\nhost = a\n[FOS1]\nhost = c", "/b.conf: line 3: section [fos1] is there twice"),
        ("[fos1]\nhost = a\nHOST = b", "/b.conf: line 3: host is there twice in its section"),
        ("[fos1]\nlogin = a:b\nlogin = a:b", "/b.conf: line 3: login is there twice in its section"),
        ("[fos1]\nx = a\nx = b", "/b.conf: line 3: a key is there twice in its section"),
        ("host = a\n[fos1]", "/b.conf: line 1: expected a section such as [fos1] before it"),
        ("[fos1]\nhost = a\n\nlogin admin", "/b.conf: line 4: expected KEY = VALUE"),
        ("[fos1]\n= a", "/b.conf: line 2: expected KEY = VALUE"),
        ("[fos1\nhost = a", "/b.conf: line 1: berofos devices are called fos1, fos2, ..."),
        ("[fos0]\nhost = a", "/b.conf: line 1: berofos devices are called fos1, fos2, ..."),
        ("[DEFAULT]\nhost = a", "/b.conf: line 1: berofos devices are called fos1, fos2, ..."),
        ("[]\nhost = a", "/b.conf: line 1: berofos devices are called fos1, fos2, ..."),
        ("[fos1]", "/b.conf: section [fos1]: neither host nor mac; add host = ADDRESS"),
        ("[fos1]\nhost = 0.0.0.0", "/b.conf: section [fos1]: neither host nor mac; add host = ADDRESS"),
        ("[Fos1]\nhost = a\nlogin = admin", "/b.conf: section [fos1]: login isn't of the form USER:PASSWORD"),
        ("[fos1]\nhost = a\nlogin = :x", "/b.conf: section [fos1]: login isn't of the form USER:PASSWORD"),
        ("[fos1]\nhost = a\nlogin = admin:\0", "/b.conf: section [fos1]: login holds a control character"),
    ],
)
def test_a_malformed_file_is_told_by_line_or_section(text: str, expected: str) -> None:
    assert complaint(text) == expected


@pytest.mark.parametrize(
    "mac", ["00:19:32:00:12", "00:19:32:00:12:1D:00", "00193200121D", "00-19-32-00-12-1D", "00:19:32:00:12:1G", "\0"]
)
def test_a_bad_mac_is_told(mac: str) -> None:
    assert complaint(f"[fos3]\nmac = {mac}") == "/b.conf: section [fos3]: mac isn't of the form 00:19:32:00:12:1D"


@pytest.mark.parametrize(
    "host",
    ["a b", "http://a", "10.34.1.50/24", "-a", "a-", "admin@a", "a:b", "::1", "\0", "ä.de", "x" * 300],
)
def test_a_bad_host_is_told(host: str) -> None:
    assert complaint(f"[fos1]\nhost = {host}") == (
        "/b.conf: section [fos1]: host isn't an IPv4 address or a host name"
    )


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_bad_port_is_told(port: str) -> None:
    assert "port that isn't in 1 to 65535" in complaint(f"[fos1]\nhost = 10.34.1.50:{port}")


SECRET = "Geheim7"
FRAGMENTS = [
    "[fos1]",
    "[FOS1]",
    "[fos2]",
    "[",
    "]",
    "login",
    "host",
    "mac",
    MAC,
    "10.34.1.50",
    "=",
    ":",
    "admin",
    " ",
]
FRAGMENTS += ["\n", "\n", "\n", " ", "\r\n", "\t", "#", ";", "\0", "\x1b", "\xa0", "\u2028", "ä", SECRET, SECRET]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_no_complaint_about_any_file_holds_a_word_of_it(text: str) -> None:
    said = ""
    try:
        parse_config(text)
    except ConfigError as error:
        said = all_it_says(error)
    assert SECRET not in said


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


def test_no_password_in_the_text_of_a_device_or_of_all() -> None:
    device = login(f"admin:{SECRET}")
    assert device.password == SECRET
    assert SECRET not in f"{device} {device!r} {device.label} {BnfosConfig('/b.conf', (device,))!r}"


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("10.34.1.50", "fos1 (10.34.1.50)"),
        ("10.34.1.50:80", "fos1 (10.34.1.50)"),
        ("10.34.1.50:8080", "fos1 (10.34.1.50:8080)"),
        ("0.0.0.0", "fos1 (no host)"),
    ],
)
def test_a_label_has_name_and_address(host: str, label: str) -> None:
    assert one(f"[fos1]\nmac = {MAC}\nhost = {host}").label == label


def config(text: str) -> BnfosConfig:
    return BnfosConfig("/b.conf", parse_config(text, "/b.conf"))


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
    ],
)
def test_a_device_that_can_t_be_asked_can_t_be_selected(text: str, names: tuple[str, ...], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(text).select(names)
    assert explain(caught.value) == expected


def test_a_file_with_a_byte_order_mark_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.encode())
    assert read_config(str(file)).devices == parse_config(EXAMPLE)


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


def test_a_file_that_isn_t_utf_8_is_told_by_its_line(file: Path) -> None:
    file.write_bytes(b"[fos1]\nhost = 10.34.1.50\nlogin = admin:Geheim7\xe9\n")
    assert file_complaint(file) == f"{file}: line 3: not UTF-8 text"


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
