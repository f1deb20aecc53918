"""``bnfos`` told nonsense says so in a line and does nothing; its help."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from berofos_ra.settings import SETTINGS
from tests.cli.vendor_site import BNFOS, MAC, PASSWORD, VendorSite
from tests.support.processes import as_nobody

BAD_INPUT: tuple[tuple[tuple[str, ...], *tuple[str, ...]], ...] = (
    ((), "No operation mode given!"),
    (("--nonsense",), "Unknown option --nonsense"),
    (("--set",), "Option --set needs an argument"),
    (("--scan=x",), "Option --scan takes no argument"),
    (("--s",), "Option --s is ambiguous"),
    (("-z", "--scan"), "Unknown option -z"),
    (("--get", "mode", "--show", "-f", "fos1"), "Unexpected '--show' argument!"),
    (("--get", "mode", "-f", "fos1", "-f", "fos2"), "Argument '-f' only allowed once!"),
    (("--show", "-f", "fos1", "-x"), "No argument '-x' allowed in this mode!"),
    (("--scan", "-b"), "No argument '-b' allowed in this mode!"),
    (("--set", "mode=1", "-c", "-f", "fos1"), "No argument '-c' allowed in this mode!"),
    (("--set", "mode", "=", "1", "-f", "fos1"), "Words beside the options are ignored", "No key-value pair given!"),
    (("--set", "mode=1"), "Mandatory arguments missing: --set needs -h HOST, or -f ID"),
    (("--ping",), "Mandatory arguments missing: --ping needs -m MAC, or -f ID"),
    (("--flash", "f", "-m", MAC), "Mandatory arguments missing: --flash needs -m MAC and -h HOST, or -f ID"),
    (("--set", "relay=1", "-f", "fos1"), "Invalid key-value pair given!"),
    (("--set", "mode", "-f", "fos1"), "No key-value pair given!"),
    (("--set", "mode=2", "-f", "fos1"), "Setting mode failed: expected yes or no"),
    (("--set", "port=0", "-f", "fos1"), "Setting port failed: expected a whole number from 1 to 65535"),
    (("--set", "slgip=1.2.3", "-f", "fos1"), "Setting slgip failed: expected an IPv4 address"),
    (("--set", "apwd=0123456789abcdef", "-f", "fos1"), "Setting apwd failed: expected at most 15"),
    (("--set", "apwd=\u00e9\u00e9", "-f", "fos1"), "Setting apwd failed: expected at most 15 printable ASCII"),
    (("--set", "apwd", "-f", "fos1"), "New password of the device: no terminal to type it on"),
    (("--set", "wdogstate=1", "-f", "fos1"), "Setting wdogstate failed: it can only be read"),
    (("--get", "apwd", "-f", "fos1"), "Invalid key given!"),
    (("--get", "nothing", "-f", "fos1"), "Invalid key given!"),
    (("--get", "mode", "-f", "fos2"), "No configuration for device fos2 found in "),
    (("--get", "mode", "-f", "fos1", "-u", ":x"), "-u has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-h", "10.9.9.9"), "-h isn't what "),
    (("--get", "mode", "-h", "one two"), "Could not resolve hostname!"),
    (("--get", "mode", "-f", "fos1", "-p", "65536"), "Port has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-t", "-1"), "Timeout has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-t", "nan"), "Timeout has invalid value!"),
    (("--get", "mode", "-f", "fos1", "-c", "-w", "x"), "Wait time has invalid value!"),
    (("--kick", "-m", "00:19:32:00:12"), "Invalid mac address format"),
    (("--kick", "-m", "00-19-32-00-12"), "Invalid mac address format"),
    (("--netconf", "-f", "fos1", "-i", "10.0.0.256"), "Invalid ip address!"),
    (("--netconf", "-f", "fos1", "-i", "-n", "-g", "-d", "0"), "Invalid ip address!"),
    (("--netconf", "-f", "fos1", "-n", "255.0.255.0"), "Invalid netmask address!"),
    (("--netconf", "-f", "fos1", "-g", "gate"), "Invalid gateway address!"),
    (("--netconf", "-f", "fos1", "-e", "4"), "PHY configuration has invalid value!"),
    (("--netconf", "-f", "fos1", "-d", "2"), "DHCP status has invalid value!"),
    (("--netconf", "-f", "fos1", "-a", "yes"), "HTTP_AUTH status has invalid value!"),
    (("--netconf", "-f", "fos1", "-d", "0"), "Invalid ip address! Without dhcp"),
)


@pytest.mark.parametrize(
    ("arguments", "complaints"),
    [(arguments, complaints) for arguments, *complaints in BAD_INPUT],
    ids=[" ".join(bad[0]) or "nothing" for bad in BAD_INPUT],
)
def test_bad_input_is_one_line_and_nothing_is_done(
    vendor: VendorSite, arguments: tuple[str, ...], complaints: Sequence[str]
) -> None:
    before = vendor.config.read_bytes()
    done = vendor.bnfos(*arguments)
    assert (done.status, done.out) == (1, "")
    said = done.err.splitlines()
    assert [line[: len(complaint)] for line, complaint in zip(said, complaints, strict=True)] == complaints
    assert "0123456789abcdef" not in done.err
    assert vendor.config.read_bytes() == before
    assert vendor.fos1.requests == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("[fos1]\nhost = 10.0.0.256\n", "line 2: host isn't an IPv4 address or a host name"),
        ("[fos1]\nlogin = admin:x\n", "has no host"),
        (f"login = admin:{PASSWORD}\n", "No configuration for device fos1 found"),
        (f"[fos1]\nmac = {MAC}\n", "has no host"),
    ],
)
def test_a_bad_config_file_is_one_line(vendor: VendorSite, content: str | None, complaint: str) -> None:
    vendor.config.unlink() if content is None else vendor.configure(content)
    done = vendor.bnfos("--set", "mode=1", "-f", "fos1")
    assert (done.status, done.out) == (1, "")
    assert str(vendor.config) in done.err
    assert complaint in done.err
    assert done.err.count("\n") == 1


def test_a_config_file_that_may_not_be_read(vendor: VendorSite) -> None:
    vendor.folder.chmod(0o755)
    done = vendor.run(
        as_nobody("/usr/bin/env", "PYTHONPATH=/mnt", "/usr/bin/python3", *BNFOS[1:]), "--show", "-f", "fos1"
    )
    assert (done.status, done.out) == (1, "")
    assert done.err == f"{vendor.config}: permission denied; it must be readable by root\n"


def test_help_names_every_mode_option_and_key(vendor: VendorSite) -> None:
    done = vendor.bnfos("--help")
    assert (done.status, done.err) == (0, "")
    for word in ("--scan", "--netconf", "--flash FILE", "-x", "-b", "BNFOS_CONF", *(s.keyword for s in SETTINGS)):
        assert word in done.out
