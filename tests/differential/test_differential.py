"""Each row of the table, done by ours: the same as the vendor's tool, or knowingly not.

In this process, since there are hundreds of them; some as processes as well.
"""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest

from berofos_ra.cli import output, xivo_berofos
from berofos_ra.cli.bnfos import main as bnfos
from berofos_ra.device import gbl4_client
from berofos_ra.device.gbl4 import NetConf
from berofos_ra.simulator import Simulator
from tests.cli.vendor_site import BNFOS, MAC, XIVO, Done, VendorSite
from tests.differential.table import UNKNOWN, Does, Row, files, rows
from tests.support.devices import specs
from tests.support.pacemaker_tools import Tools

ROWS, FILES = rows(), files()
PASSWORD = "Pw7mark"
MAIN = {"bnfos": bnfos.main, "xivo-berofos": xivo_berofos.main}
COMMAND = {"bnfos": BNFOS, "xivo-berofos": XIVO}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorSite]:
    """One device for all rows; each begins by putting it right."""
    folder = tmp_path_factory.mktemp("differential")
    (folder / "firmware").write_bytes(bytes(n * 7 % 251 for n in range(1300)))
    tools = Tools(folder / "tools")
    for tool in ("crm_mon", "crm_resource"):
        tools.put(tool, "exit 102")
    spec = replace(specs(["fos1"], password=PASSWORD)[0], mac=MAC)
    with Simulator([spec]) as simulator:
        one = VendorSite(folder, simulator)
        one.environment["PATH"] = tools.path
        yield one


FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "ignores": ("ignore_writes", {}),
    "another magic": ("wrong_magic", {}),
    "no magic": ("no_magic", {}),
    "config.txt is junk": ("garbage_body", {"on": "read"}),
}
DELIVERED: dict[str, object] = {
    **dict.fromkeys(("scenario", "mode", "modedef", "power1", "power1def", "power2", "power2def", "syslog"), 0),
    **dict.fromkeys(("wdog", "wdogdef", "wdogaudio", "wdogmail"), 0),
    "dhcp": 1,
    "pwd": 1,
    "wdogitime": 60,
    "slgpt": 514,
    "slgip": "0.0.0.0",
    "dns": "0.0.0.0",
    "hostname": "berofos",
    "smtpserv": "",
    "smtpfrom": "",
    "smtpto": "",
}


def arrange(site: VendorSite, row: Row) -> bytes | None:
    """The device and the file as the row has them; what is in the file, None: there is none."""
    device = site.fos1
    words = [word for word in row.device.split(",") if word]
    given = dict(word.split("=", 1) for word in words if "=" in word)
    device.clear_faults()
    device.power_on(factory=True)
    device.set_settings({"apwd": PASSWORD, **DELIVERED, **given})
    if "flash" in words:
        device.power_on(flash=True)
    if "off" in words:
        device.power_off()
    for word in FAULTS.keys() & set(words):
        kind, options = FAULTS[word]
        device.add_fault(kind, **options)
    site.config.unlink(missing_ok=True)
    before = None if row.file == "none" else text_of(site, row.file, given.get("apwd", PASSWORD))
    if before is not None:
        site.config.touch(mode=0o600)
        site.config.write_bytes(before)
    site.forget_requests()
    return before


def text_of(site: VendorSite, file: str, password: str = PASSWORD) -> bytes:
    """A file of this name. Latin-1, so that one of them isn't UTF-8."""
    values = {
        "HOST": f"{site.fos1.address}:{site.fos1.port}",
        "LOGIN": f"admin:{password}",
        "MAC-HYPHENS": MAC.replace(":", "-"),
        "MAC-DOTS": MAC.replace(":", "."),
        "MAC-SMALL": MAC.lower(),
        "MAC": MAC,
    }
    text = FILES[file]
    for name, value in values.items():
        text = text.replace(name, value)
    return text.encode("latin-1")


def command(site: VendorSite, row: Row) -> tuple[str, list[str]]:
    """The program, and its arguments."""
    values = {
        "HOST": site.fos1.address,
        "MAC": MAC,
        "mac": MAC.lower(),
        "LOGIN": f"admin:{PASSWORD}",
        "FIRMWARE": str(site.folder / "firmware"),
    }
    program, *words = shlex.split(row.call)
    arguments = [values.get(word, word) for word in words]
    if "LOGIN" in words:  # by HTTP, where the device's port isn't the usual one here
        arguments += ["-p", str(site.fos1.port)]
    return program, arguments


def in_process(site: VendorSite, row: Row, monkeypatch: pytest.MonkeyPatch) -> Done:
    program, arguments = command(site, row)
    for name in ("PATH", "BNFOS_CONF", "BNFOS_PID_DIR"):
        monkeypatch.setenv(name, site.environment[name])
    monkeypatch.setattr(output, "_prepare", lambda program: None)  # it would write to this process's own descriptors
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = MAIN[program](arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def check(site: VendorSite, row: Row, before: bytes | None, done: Done) -> None:
    """Whether ours did as the table has it, with that in the file before."""
    after = row.ours.config
    wanted = before if after == "same" else None if after == "none" else text_of(site, after)
    done.check_manners()
    assert PASSWORD not in done.both
    seen = Does(str(done.status), effect(site), "")
    for known, ours in zip(row.ours[:2], seen[:2], strict=True):
        assert known in (UNKNOWN, ours), done
    assert (site.config.read_bytes() if site.config.exists() else None) == wanted
    if row.ours.status == row.vendors.status:
        assert row.says in done.both


def effect(site: VendorSite) -> str:
    """What the device was made to do; what it answered by asking for a login isn't."""
    asked = [one.what.partition("?")[2] or one.what for one in site.fos1.requests if one.write and one.status != 401]
    return " + ".join(in_full(what, site) for what in asked) or "-"


def in_full(write: str, site: VendorSite) -> str:
    if write != "set netconf":
        return write
    (answer,) = gbl4_client.scan(site.fos1.address, 3)
    return f"set netconf {in_words(answer.netconf)}"


def in_words(netconf: NetConf) -> str:
    flags = (netconf.phy, int(netconf.dhcp), int(netconf.http_login), netconf.http_port)
    return " ".join(map(str, (netconf.address, netconf.netmask, netconf.gateway, *flags)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_ours_does_as_the_table_has_it(site: VendorSite, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    before = arrange(site, row)
    check(site, row, before, in_process(site, row, monkeypatch))


@pytest.mark.parametrize("row", ROWS[:: len(ROWS) // 10], ids=lambda row: row.name)
def test_a_process_does_the_same(site: VendorSite, row: Row) -> None:
    before = arrange(site, row)
    program, arguments = command(site, row)
    check(site, row, before, site.run(COMMAND[program], *arguments))


def test_the_table_says_why_where_ours_differs_and_nowhere_else() -> None:
    assert len(ROWS) >= 300
    assert len({(row.name, row.says) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        known = [(its, own) for its, own in zip(row.vendors, row.ours, strict=True) if UNKNOWN not in (its, own)]
        assert any(its != own for its, own in known) == bool(row.differs), row
        assert {row.file, row.ours.config, row.vendors.config} <= {*FILES, "same", "none"}, row


def test_every_mode_is_in_the_table() -> None:
    modes = {word for row in ROWS for word in row.call.split() if word.startswith("--")}
    assert {
        f"--{mode}" for mode in ("scan", "netconf", "ping", "kick", "reset", "flash", "set", "get", "show")
    } <= modes
