"""``berofos record``, and ``berofos simulate --from`` what it wrote."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from berofos_ra.device.recording import parse_recording
from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite
from tests.cli.vendor_site import BEROFOS, PASSWORD
from tests.support.addresses import own_address
from tests.support.markers import found
from tests.support.waiting import wait_until


def test_a_recording_is_a_file_that_says_what_is_in_it(new_site: NewSite) -> None:
    site = new_site(settings={"hostname": "kanzlei-mueller", "smtpto": "anna@mueller.example.net"}, keep_alive=True)
    before = site.fos1.settings
    done = site.berofos("record")
    assert (done.status, done.err) == (0, "")
    text = (site.folder / "fos1.json").read_bytes()
    recording = parse_recording(text.decode(), "fos1.json")
    assert recording.taken.simulated
    assert "fos1.json: firmware 1.53, boot loader 1.2, 28 settings\n" in done.out
    assert "replaced in it: hostname, address, port, smtpto, " in done.out
    assert "differs from the simulator: connection: kept open after an answer" in done.out
    assert "berofos simulate --from fos1.json" in done.out
    assert site.fos1.settings == before
    assert site.writes() == []
    assert found(text, ["mueller", PASSWORD, site.fos1.address, "00120", "12:01"]) == []


def test_what_this_project_does_not_know_is_named_and_its_value_is_not_told(new_site: NewSite) -> None:
    lines = ["bnfos_confmap_magic=0.1", "1_sz=0", "4_mode=0", "9_new=kanzlei-mueller", "3_pwd=0", ""]
    site = new_site(config_txt="\r\n".join(lines))
    done = site.berofos("record")
    assert done.status == 0
    assert "unknown to this project, please send it: 9_new" in done.out
    assert "lines of config.txt: end in CRLF, the first is the magic" in done.out
    assert found((site.folder / "fos1.json").read_bytes() + done.out.encode(), ["mueller"]) == []


def test_a_file_that_is_there_is_kept(site: OperatorSite) -> None:
    file = site.folder / "mine.json"
    file.write_text("mine")
    done = site.berofos("record", "--output", "mine.json")
    assert (done.status, done.err) == (
        1,
        "berofos: mine.json is there already; move it away, or give another --output\n",
    )
    assert file.read_text() == "mine"
    assert site.fos1.requests == []


def test_a_file_that_can_t_be_written_is_one_line(site: OperatorSite) -> None:
    done = site.berofos("record", "--output", "nowhere/fos1.json")
    assert (done.status, len(done.err.splitlines())) == (1, 1)
    assert done.err.startswith("berofos: nowhere/fos1.json")
    assert site.fos1.requests == []


def test_each_device_has_a_file_and_one_that_fails_is_named(two: OperatorSite) -> None:
    two.fos2.power_off()
    done = two.berofos("record", "--timeout", "1")
    assert done.status == 1
    assert done.err.startswith(f"berofos: {two.label('fos2')}: ")
    assert sorted(file.name for file in two.folder.glob("*.json")) == ["fos1.json"]
    assert two.berofos("record", "--output", "x.json").status == 2


def test_a_simulation_of_a_recording_is_that_device(new_site: NewSite) -> None:
    site = new_site(bool_style="checked", firmware=(1, 61), settings={"scenario": 1, "mode": 1})
    assert site.berofos("record").status == 0
    site.configure(f"[fos1]\nmac = 00:19:32:00:77:01\nhost = {own_address()}:8080\nlogin = admin:{PASSWORD}\n")
    running = site.begin((*BEROFOS, "--config", str(site.config)), "simulate", "--from", "fos1.json")
    wait_until(lambda: site.berofos("ping").status == 0, "it is simulated")
    shown = json.loads(site.berofos("show", "--json").out)["fos1"]
    assert (shown["scenario"], shown["mode"], shown["hostname"]) == (True, True, "name")
    assert "1.61" in site.berofos("scan").out or "1.61" in site.berofos("status").out
    assert site.berofos("record", "--output", "again.json").status == 0
    running.process.send_signal(signal.SIGTERM)
    assert running.finish().status == 0
    first, again = (parse_recording((site.folder / name).read_text(), name) for name in ("fos1.json", "again.json"))
    assert again._replace(taken=first.taken) == first


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"format": "berofos-record", "version": 2}', '{"format": "berofos-record", "version": 1}', "\0"],
)
def test_a_file_that_is_no_recording_is_one_line(site: OperatorSite, text: str) -> None:
    Path(site.folder, "odd.json").write_text(text)
    done = site.berofos("simulate", "--from", "odd.json")
    assert (done.status, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert done.err.startswith("berofos: odd.json: ")


def test_a_file_that_isn_t_there_is_one_line(site: OperatorSite) -> None:
    done = site.berofos("simulate", "--from", "none.json")
    assert (done.status, done.err) == (
        1,
        "berofos: none.json: No such file or directory; take it again with berofos record\n",
    )
