"""The text of a ``bnfos.conf``: what it may hold, and what is odd about it. Nothing in it is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berofos_ra.bnfosconf.reader import BnfosConfig
from berofos_ra.bnfosconf.sections import parse_config, parse_host, parse_login, parse_mac
from berofos_ra.device.config import DeviceConfig
from berofos_ra.errors import ConfigError
from tests.unit.bnfosconf.examples import EXAMPLE, MAC

FOS1 = DeviceConfig("fos1", "10.34.1.50")

printable = st.characters(exclude_categories=["Cs"]).filter(str.isprintable)


def one(text: str) -> DeviceConfig:
    (device,) = parse_config(text).devices
    return device


def odd(text: str) -> list[tuple[int, str]]:
    return [(each.line, each.what) for each in parse_config(text).oddities]


def odd_line(text: str) -> int:
    """The only one."""
    ((line, _),) = odd(text)
    return line


def login(value: str) -> DeviceConfig:
    return one(f"[fos1]\nhost = 10.34.1.50\nlogin = {value}\n")


def test_the_vendor_s_format_is_read() -> None:
    devices = (
        DeviceConfig("fos1", "10.34.1.50", 80, MAC, "admin", "secret"),
        DeviceConfig("fos2", "fos-2.example.org", 8080),
    )
    assert parse_config(EXAMPLE) == (devices, ())


def test_what_the_vendor_s_scan_writes_is_read() -> None:
    text = f"[FOS1]\n  mac = {MAC.lower()}\n  ;host = 0.0.0.0\n  #login = <user>:<password>\n"
    assert parse_config(text) == ((DeviceConfig("fos1", None, 80, MAC),), ())


@pytest.mark.parametrize("password", ["a:b", "50%", "%(mac)s", "a=b", "=", "#1", "a ;b", "[x]", "ä€", "\\n", ""])
def test_a_password_is_taken_as_it_stands(password: str) -> None:
    assert login(f"admin:{password}").password == password


@given(st.text(printable).map(lambda text: text.strip(" ")), st.sampled_from(["\n", "\r\n", "\r", ""]))
def test_any_password_survives(password: str, line_end: str) -> None:
    text = "\n".join(["[fos1]", "host = 10.34.1.50", f"login = admin:{password}"]) + line_end
    assert (one(text).user, one(text).password) == ("admin", password)
    assert odd(text) == []


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["", "  ", "\t"])
def test_line_ends_indentation_and_blank_lines_change_nothing(line_end: str, indent: str) -> None:
    text = "".join(f"{indent}{line}{indent}{line_end}{indent}{line_end}" for line in EXAMPLE.splitlines())
    assert parse_config(text) == parse_config(EXAMPLE)


def test_keys_and_sections_are_read_in_any_case() -> None:
    assert one(f"[Fos1]\nMAC = {MAC}\nHost = 10.34.1.50\nLOGIN = admin:Secret") == DeviceConfig(
        "fos1", "10.34.1.50", 80, MAC, "admin", "Secret"
    )


def test_what_is_usual_is_not_odd() -> None:
    text = f"[fos1] ; ground floor\nhost = 10.34.1.50\nlogin =\nmac =\nplace = cellar\n[fos2]\nhost =\nmac = {MAC}\n"
    assert parse_config(text) == ((FOS1, DeviceConfig("fos2", mac=MAC)), ())
    assert parse_config("# nothing yet\n") == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "[asterisk]\nhost = 10.9.9.9\nmac = x\n[fos1]\nhost = 10.34.1.50\n",
        "[fos1]\nhost = 10.34.1.50\n[DEFAULT]\nhost = 10.9.9.9\nrubbish\n",
        "[fos1]\nhost = 10.34.1.50\n[fos0]\nhost = 10.9.9.9\n",
        "[fos1]\nhost = 10.34.1.50\n[fos2\nhost = 10.9.9.9\n",
        "[fos1]\nhost = 10.34.1.50\n[]\nhost = 10.9.9.9\n",
        "[fos1]\nhost = 10.34.1.50\n[fos2]\n# to come\n",
        "[fos1]\nhost = 10.34.1.50\n[FOS1]\nhost = 10.9.9.9\n",
        "host = 10.9.9.9\n[fos1]\nhost = 10.34.1.50\n",
        "rubbish\n[fos1]\nhost = 10.34.1.50\n",
        "[fos1]\nrubbish\nhost = 10.34.1.50\n",
        "[fos1]\n= a\nhost = 10.34.1.50\n",
        "[fos1]\nhost = 10.34.1.50   ; rack 4\n",
        "[fos1]\nhost = 10.34.1.50#rack 4\n",
        "[fos1]\nhost = 10.34.1.50 (the old one)\n",
        "[fos1]\nhost 10.34.1.50\n",
        "[fos1]\nhost = 10.9.9.9\nHOST = 10.34.1.50\n",
        "[ fos1 ]\nhost = 10.34.1.50\n",
        "[fos1] ground floor\nhost = 10.34.1.50\n",
        "[fos1]\nhost = 10.34.1.50\nlogin = admin\n",
        "[fos1]\nhost = 10.34.1.50\nlogin = :x\n",
        "[fos1]\nhost = 10.34.1.50\nlogin = admin:\0\n",
        "[fos1]\nhost = 10.34.1.50\nlogin = admin:x\x0b\n",
    ],
)
def test_what_is_odd_is_told_and_hinders_nobody(text: str) -> None:
    assert one(text) == FOS1
    what = odd(text)
    assert len(what) == 1
    assert "10." not in what[0][1]


@pytest.mark.parametrize("line", ["# B\udcfcro", "; B\udcfcro", "place = B\udcfcro", "\x0bhost = 10.34.1.50"])
def test_what_stands_in_other_lines_is_not_looked_at(line: str) -> None:
    assert parse_config(f"[fos1]\nhost = 10.34.1.50\n{line}\n").devices == (FOS1,)


def test_lines_are_numbered_as_editors_do() -> None:
    text = "\r\n# a\n[asterisk]\n\nx y\r[fos1]\nhost = a b\nmac = 1-2-3-4-5-6\n"
    assert [line for line, _ in odd(text)] == [3, 7, 8]


@pytest.mark.parametrize(("name", "number"), [("fos:", 10), ("fos;", 11), ("FOS<", 12), ("fos=", 13), ("fos@", 16)])
def test_the_vendor_s_own_names_from_the_tenth_device_on(name: str, number: int) -> None:
    text = f"[{name}]\nhost = 10.34.1.50\n"
    assert (one(text).name, odd_line(text)) == (f"fos{number}", 1)
    assert len(parse_config(f"{text}[fos{number}]\nhost = 10.9.9.9").devices) == 1


@pytest.mark.parametrize(
    "mac", ["00-19-32-00-12-1D", "00.19.32.00.12.1d", "0:19:32:0:12:1D", "0019.3200.121D", "00193200121d"]
)
def test_macs_as_others_write_them(mac: str) -> None:
    text = f"[fos1]\nmac = {mac}\n"
    assert (one(text).mac, odd_line(text)) == (MAC, 2)


@pytest.mark.parametrize(
    "mac", ["00:19:32:00:12", "00:19:32:00:12:1D:00", "00:19-32:00:12:1D", "00:19:32:00:12:1G", "\0"]
)
def test_what_is_no_mac(mac: str) -> None:
    assert parse_mac(mac) is None
    text = f"[fos3]\nhost = a\nmac = {mac}"
    assert one(text).host == "a"
    assert one(text)[3:6] == (None, None, None)
    assert one(text).mac_problem == "line 3: mac isn't of the form 00:19:32:00:12:1D"
    assert odd_line(text) == 3


@pytest.mark.parametrize(
    "host",
    [
        *("http://a", "10.34.1.50/24", "-a", "a-", "admin@a", "a:b", "::1", "\0", "ä.de", "x" * 300),
        # Whatever resolvers take for an address must be one: they read more forms than people.
        *("10.34.1", "10.34.1.256", "10.34.1.50.", "10.34.1.50.1", "0x0a220114", "10.34.1.0x14", "170000000"),
    ],
)
def test_what_is_no_host(host: str) -> None:
    text = f"[fos1]\nmac = {MAC}\nhost = {host}"
    assert (one(text).host, one(text).mac) == (None, MAC)
    assert one(text).host_problem == "line 3: host isn't an IPv4 address or a host name"
    assert odd_line(text) == 3


@pytest.mark.parametrize("host", ["10.34.1.020", "010.34.1.20", "10.34.1.08", "10.34.1.00"])
def test_addresses_that_some_read_as_octal_are_nobody_s(host: str) -> None:
    text = f"[fos1]\nmac = {MAC}\nhost = {host}:80"
    assert one(text).host is None
    assert one(text).host_problem == "line 3: host has a zero before a number, which others read as octal"
    assert odd_line(text) == 3


@pytest.mark.parametrize(
    "host", ["10.34.1.20", "0.34.1.20", "fos1", "10.34.1.20.example.org", "20fos", "0x20fos", "a_b.c"]
)
def test_hosts(host: str) -> None:
    assert parse_host(host) == (host, 80)
    assert parse_host(f"{host}:8080") == (host, 8080)


@pytest.mark.parametrize("host", ["255.255.255.255", "0.0.0.0", ""])
def test_what_is_the_address_of_no_device(host: str) -> None:
    device = one(f"[fos1]\nmac = {MAC}\nhost = {host}")
    assert (device.host, device.host_problem) == (None, "")
    assert bool(odd(f"[fos1]\nmac = {MAC}\nhost = {host}")) == host.startswith("255")


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_bad_port_is_told(port: str) -> None:
    with pytest.raises(ConfigError, match="port that isn't in 1 to 65535"):
        parse_host(f"10.34.1.50:{port}")


def test_a_section_that_leads_nowhere_is_told() -> None:
    for text in ("[fos1]\nhsot = 10.34.1.50", "[fos1]\nlogin = admin:x"):
        assert (one(text).host, odd_line(text)) == (None, 1)


def test_a_login_that_isn_t_utf_8_is_read_as_latin_1() -> None:
    assert login("admin:\udcfc").password == "ü"
    assert login("admin:\udc9f").password is None  # a control character there
    assert parse_login("admin:ü") == ("admin", "ü")


SECRET = "Geheim7"
FRAGMENTS = [
    *("[fos1]", "[FOS1]", "[fos2]", "[fos:]", "[", "]", "login", "host", "mac", MAC, "10.34.1.50", "=", ":", "admin"),
    *(" ", "\n", "\n", "\n", " ", "\r\n", "\t", "#", ";", "\0", "\x1b", "\xa0", "\u2028", "ä", "\udcfc"),
    *(SECRET, SECRET),
]


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
def test_nothing_that_is_said_of_any_file_holds_a_word_of_it(text: str) -> None:
    devices, oddities = parse_config(text)
    said = [word for each in oddities for word in (each.what, each.advice)]
    said += [f"{device.host_problem} {device.mac_problem}" for device in devices]
    assert SECRET not in " ".join(said)


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
