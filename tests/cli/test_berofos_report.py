"""``berofos report``: what a bug report needs, and no byte that is nobody's business."""

from __future__ import annotations

import base64
import json
import re
import stat
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import PASSWORD

HOST, MAIL, GATEWAY, FENCING = "rack-marker-4", "marker@example.org", "10.99.98.97", "fence-marker-pw"
SETTINGS = {"hostname": HOST, "smtpto": MAIL, "gateway": GATEWAY, "slgip": GATEWAY, "mode": 1, "modedef": 1}
LOG = f"""\
2026-11-27T14:02:10+00:00 xivo-1 berofos[4711]: root: switch d: fos1 A--B -> A--D
2026-11-27T14:02:11+00:00 xivo-1 pacemaker-attrd[99]:  notice: Setting berofos-fos1[xivo-2]: A--D
2026-11-27T14:02:12+00:00 xivo-1 bnfos[12]: {GATEWAY} {MAIL} {PASSWORD} 00:19:32:00:12:01
2026-11-27T14:02:13+00:00 xivo-1 sudo[13]: anna : COMMAND=/usr/bin/bnfos -u admin:other-marker berofos
"""


@pytest.fixture
def full(new_site: NewSite) -> OperatorSite:
    """A site with a cluster, a log, and secrets wherever one may be."""
    site = new_site(settings=SETTINGS)
    site.acts_cluster()
    cib = site.tools.folder / "cibadmin.xml"
    fencing = '<primitive id="f" class="stonith" type="ipmi"><instance_attributes id="fa">'
    fencing += f'<nvpair id="p" name="passwd" value="{FENCING}"/></instance_attributes></primitive></resources>'
    cib.write_text(cib.read_text().replace("</resources>", fencing))
    (site.tools.folder / "log").write_text(LOG)
    site.tools.put("journalctl", f"cat '{site.tools.folder}/log'")
    return site


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file, "r:xz") as archive:
        return {
            entry.name.partition("/")[2]: stream.read()
            for entry in archive.getmembers()
            if (stream := archive.extractfile(entry)) is not None
        }


def report(site: OperatorSite) -> tuple[str, Path]:
    done = site.berofos("report", "--timeout", "1", "--output", str(site.folder))
    assert (done.status, done.err) == (0, "")
    (file,) = site.folder.glob("berofos-report-*.tar.xz")
    return done.out, file


def test_it_lists_what_is_in_it_and_is_for_root_alone(full: OperatorSite) -> None:
    told, file = report(full)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    inside = members(file)
    listed = re.findall(r"^  (\S+) +(\d+) bytes$", told, re.MULTILINE)
    assert {name: int(size) for name, size in listed} == {name: len(content) for name, content in inside.items()}
    assert told.index(" bytes") < told.index(" written")
    wanted = {
        "versions.txt",
        "doctor.json",
        "status.json",
        "wiring-two-xivo.txt",
        "cib.xml",
        "crm_mon.txt",
        "log.txt",
    }
    assert inside.keys() == wanted | {"fos1.json"}
    assert json.loads(inside["status.json"])["active_node"] == "xivo-1"
    assert json.loads(inside["doctor.json"])
    assert b'name="port_b_node" value="xivo-1"' in inside["cib.xml"]
    log = inside["log.txt"].decode()
    assert "root: switch d: fos1 A--B -> A--D" in log
    assert "Setting berofos-fos1[xivo-2]" in log
    assert "sudo" not in log
    assert full.writes() == []


def test_no_secret_is_in_any_byte(full: OperatorSite) -> None:
    told, file = report(full)
    mac = full.fos1.spec.mac
    markers = [PASSWORD, f"admin:{PASSWORD}", FENCING, HOST, MAIL, GATEWAY, full.fos1.address, mac, mac.lower()]
    contents = [told.encode(), file.read_bytes(), *members(file).values()]
    for content in list(contents):
        contents += [decoded(run) for run in re.findall(rb"[A-Za-z0-9+/]{12,}={0,2}", content)]
    for marker in markers:
        if marker.startswith("127."):
            continue  # loopback is everybody's
        encoded = base64.b64encode(marker.encode()).rstrip(b"=")[:-1]
        for content in contents:
            assert marker.encode() not in content, marker
            assert encoded not in content, marker
    assert b"marker" not in b"".join(contents[1:])


def decoded(run: bytes) -> bytes:
    return base64.b64decode(run[: len(run.rstrip(b"=")) // 4 * 4])


def test_nothing_that_works_is_needed_for_it(site: OperatorSite) -> None:
    site.fos1.power_off()
    site.tools.put("journalctl", "exit 1")
    _, file = report(site)
    inside = members(file)
    assert "fos1.txt" in inside
    assert json.loads(inside["doctor.json"])
    site.config.unlink()
    file.unlink()
    assert "no such file" in members(report(site)[1])["status.json"].decode()


def test_a_config_file_may_be_called_anything(site: OperatorSite) -> None:
    site.config.rename(site.folder / "-odd.conf")
    done = site.run([*site.command[:-2], "--config=-odd.conf"], "report", "--timeout", "1")
    assert (done.status, done.err) == (0, "")


def test_where_it_cannot_be_written_is_one_line(site: OperatorSite) -> None:
    done = site.berofos("report", "--output", str(site.folder / "nowhere"))
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "can't be written: No such file or directory" in done.err


def test_where_there_is_no_room_for_it_no_half_of_it_stays(site: OperatorSite) -> None:
    site.environment["PYTHONDONTWRITEBYTECODE"] = "1"  # it would be cut as well
    done = site.run(["prlimit", "--fsize=512", *site.command], "report", "--output", str(site.folder))
    assert (done.status, done.err.count("\n")) == (1, 1)
    assert "can't be written: File too large" in done.err
    assert list(site.folder.glob("berofos-report-*")) == []
