"""``berofos status``: what it shows of devices and cluster, on a terminal, piped and as JSON."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import CSI, OperatorSite
from tests.support.processes import within_reason
from tests.support.waiting import wait_until


def as_json(site: OperatorSite, expected: int = 0) -> dict[str, Any]:
    done = site.berofos("status", "--json")
    assert (done.status, done.err) == (expected, "")
    answer: dict[str, Any] = json.loads(done.out)
    return answer


def test_piped_it_is_a_plain_table(two: OperatorSite) -> None:
    two.fos2.set_settings({"mode": 1})
    done = two.berofos("status")
    assert done.status == 0
    heading, first, second = done.out.splitlines()
    assert heading.split()[:3] == ["device", "address", "state"]
    address = f"{two.fos1.address}:{two.fos1.port}"
    assert first.split() == ["fos1", address, "ok", "1.53", "fallback", "A--D", "A--D", "off", "A", ".", ".", "D"]
    assert second.split()[5:] == ["A--B", "A--D", "off", "A", "B", ".", "."]
    assert CSI not in done.out


def test_on_a_terminal_it_has_colours_and_lamps(site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdogitime": 90, "wdog": 1})
    done = site.on_terminal(site.command, "status")
    assert done.status == 0
    assert CSI in done.out
    for shown in ("fos1", "bypass", "A--B C--D", "/90 s", "A●", "B●", "C●", "D●"):
        assert shown in done.out


def test_on_a_terminal_without_utf8_it_stays_ascii(site: OperatorSite) -> None:
    site.environment.update(LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii")
    done = site.on_terminal(site.command, "status")
    assert done.status == 0
    assert done.out.isascii()
    assert "A*" in done.out


def test_json_has_exactly_the_promised_shape(site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "modedef": 1})
    assert as_json(site) == {
        "version": 1,
        "ok": True,
        "troubles": [],
        "notes": [],
        "active_node": None,
        "cluster": None,
        "managed": None,
        "ready": {},
        "devices": [
            {
                "name": "fos1",
                "address": site.fos1.address,
                "reachable": True,
                "relay": "A--B C--D",
                "scenario": 1,
                "modedef": 1,
                "watchdog": {"state": 0, "interval": 60, "remaining": 0},
                "firmware": "1.53",
                "error": None,
            }
        ],
    }


def test_a_device_that_is_off_is_told_with_what_to_do(two: OperatorSite) -> None:
    two.fos2.power_off()
    done = two.berofos("status")
    assert done.status == 1
    assert done.out.splitlines()[2].split()[2:] == ["error", "-", "-", "-", "-", "-", "-"]
    (note,) = done.out.splitlines()[3:]
    assert note.startswith(f"{two.label('fos2')}: connection refused; check its power")
    answer = as_json(two, expected=1)
    assert not answer["ok"]
    assert [device["reachable"] for device in answer["devices"]] == [True, False]
    gone = answer["devices"][1]
    assert gone["relay"] is gone["scenario"] is gone["modedef"] is gone["firmware"] is None
    assert gone["watchdog"] == {"state": None, "interval": None, "remaining": None}
    assert "connection refused" in gone["error"]


def test_a_wrong_login_is_told(site: OperatorSite) -> None:
    site.configure(f"[fos1]\nhost = {site.fos1.address}:{site.fos1.port}\nlogin = admin:wrong\n")
    done = site.berofos("status")
    assert done.status == 1
    assert f"{site.label()}: login refused; correct its login in {site.config}" in done.out


def test_flash_mode_is_told(site: OperatorSite) -> None:
    site.fos1.power_on(flash=True)
    done = site.berofos("status")
    assert done.status == 1
    assert "in flash mode, its relay is A--D; switch it off and on again" in done.out


def test_firmware_unknown_is_no_error(site: OperatorSite) -> None:
    site.fos1.add_fault("silent")
    assert as_json(site)["devices"][0]["firmware"] is None


def test_a_watchdog_that_ran_out_is_an_error(site: OperatorSite) -> None:
    site.fos1.set_settings({"scenario": 1, "mode": 1, "wdogitime": 1, "wdog": 1})
    site.fos1.wait_for_event(event="watchdog ran out")
    answer = as_json(site, expected=1)
    assert answer["devices"][0]["watchdog"]["state"] == 2
    assert answer["devices"][0]["error"] == "watchdog ran out"
    assert "ran out" in site.berofos("status").out.splitlines()[1]


def test_devices_that_agree_with_the_cluster(two: OperatorSite) -> None:
    two.acts_cluster(node="xivo-1")
    for device in two:
        device.set_settings({"mode": 1, "modedef": 1})
    assert as_json(two)["active_node"] == "xivo-1"
    done = two.berofos("status")
    assert done.status == 0
    assert done.out.splitlines()[-1] == "cluster: berofos-relay on xivo-1: devices and cluster agree"


def test_a_relay_on_the_wrong_side_is_told(two: OperatorSite) -> None:
    two.acts_cluster(node="xivo-1")
    two.fos1.set_settings({"mode": 1, "modedef": 1})
    two.fos2.set_settings({"modedef": 1})
    answer = as_json(two, expected=1)
    assert [device["error"] for device in answer["devices"]] == [
        None,
        "relay is A--D, expected A--B (xivo-1 is active)",
    ]
    _, first, second, *notes = two.berofos("status").out.splitlines()
    assert [first.split()[2], second.split()[2]] == ["ok", "problem"]
    assert "devices and cluster do not agree" in notes[-1]


def test_a_drifted_setting_is_told_unless_the_agent_leaves_it_alone(site: OperatorSite) -> None:
    site.fos1.set_settings({"mode": 1})
    site.acts_cluster(node="xivo-1")
    assert as_json(site, expected=1)["devices"][0]["error"] == "modedef is 0, expected 1"
    site.acts_cluster(node="xivo-1", provision="false")
    assert as_json(site)["ok"]


def test_a_watchdog_that_should_be_on_is_told(site: OperatorSite) -> None:
    site.acts_cluster(node="xivo-1", topology="xivo-pbx")
    site.fos1.set_settings({"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1})
    assert as_json(site, expected=1)["devices"][0]["error"] == "watchdog is off, expected on"
    site.fos1.set_settings({"wdog": 1})
    assert as_json(site)["ok"]


def test_a_resource_that_runs_nowhere_is_told(site: OperatorSite) -> None:
    site.acts_cluster(node=None)
    assert as_json(site, expected=1)["active_node"] is None
    assert "berofos-relay: active nowhere; crm_mon" in site.berofos("status").out


def test_json_tells_of_the_cluster_and_never_fails_without_a_reason(site: OperatorSite) -> None:
    site.fos1.set_settings({"mode": 1, "modedef": 1})
    site.acts_cluster(ready="no: fos1: login refused")
    answer = as_json(site, expected=1)
    assert (answer["cluster"], answer["managed"]) == ({"berofos-relay": ["xivo-1"]}, True)
    assert answer["ready"] == {"xivo-1": None, "xivo-2": "fos1: login refused"}
    assert not answer["ok"]
    (trouble,) = answer["troubles"]
    assert trouble.startswith("node xivo-2 couldn't take over: fos1: login refused; ")


def test_a_watchdog_in_maintenance_says_when_it_runs_out(site: OperatorSite) -> None:
    settings = {"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 60, "wdog": 1}
    site.fos1.set_settings(settings)
    site.acts_cluster(topology="xivo-pbx", maintenance=True)
    done = site.berofos("status")
    assert done.status == 1
    assert re.search(r"watchdog runs out in [0-9]+ s, the lines then go to the PBX", done.out)
    site.acts_cluster(topology="xivo-pbx", managed=False)  # monitors go on, and kick
    assert site.berofos("status").status == 0


def test_a_rule_that_an_earlier_move_has_left_is_named_with_what_removes_it(site: OperatorSite) -> None:
    site.fos1.set_settings({"mode": 1, "modedef": 1})
    site.acts_cluster(constraints='<rsc_location id="cli-prefer-berofos-relay" rsc="berofos-relay" node="n"/>')
    done = site.berofos("status")
    assert done.status == 1
    assert "cli-prefer-berofos-relay" in done.out
    assert "; crm_resource --clear --resource berofos-relay --node n\n" in done.out


def test_devices_of_another_site_are_none_of_the_clusters_business(two: OperatorSite) -> None:
    other = two.folder / "other.conf"
    other.write_text("[fos1]\nhost = 192.0.2.1\n")
    two.acts_cluster(node=None, config=str(other))
    assert as_json(two)["ok"]
    two.acts_cluster(node=None, devices="fos2")
    assert as_json(two, expected=1)["devices"][0]["error"] is None


def test_a_cluster_that_hangs_is_told(site: OperatorSite) -> None:
    site.tools.hang("cibadmin")
    done = site.berofos("status")
    assert done.status == 1
    assert done.out.splitlines()[-1] == "the cluster doesn't answer: cibadmin hangs"
    assert "A--D" in done.out


def test_no_answer_of_one_keeps_the_others_from_nothing(new_site: NewSite) -> None:
    site = new_site(32)
    hanging = site.device("fos7")
    hanging.add_fault("hang")
    running = site.begin(site.command, "status", "--json", "--timeout", "60")
    others = [device for device in site if device is not hanging]

    # The hanging one is still being waited for, and all others have been asked.
    wait_until(lambda: all(device.requests for device in site), "every device is asked")
    wait_until(lambda: all(len(device.requests) > 1 for device in others), "the others are asked by HTTP and GBL4")
    assert running.process.poll() is None
    hanging.power_off()
    done = running.finish()
    assert done.status == 1
    answer = json.loads(done.out)
    assert [device["name"] for device in answer["devices"] if not device["reachable"]] == ["fos7"]


def test_watching_piped_goes_on_until_interrupted(site: OperatorSite) -> None:
    running = site.begin(site.command, "status", "--watch", "0.1", "--json")
    assert running.process.stdout is not None
    with within_reason(running.process):
        relays = [json.loads(running.process.stdout.readline())["devices"][0]["relay"]]
        site.fos1.set_settings({"mode": 1})
        while relays[-1] == "A--D":
            relays.append(json.loads(running.process.stdout.readline())["devices"][0]["relay"])
    assert relays[-1] == "A--B"
    running.process.send_signal(signal.SIGINT)
    assert running.finish().status == 0


def test_watching_on_a_terminal_redraws_in_place(site: OperatorSite) -> None:
    site.environment["COLUMNS"] = "100"
    primary, secondary = pty.openpty()
    command = [*site.command, "status", "--watch", "0.1"]
    with (
        subprocess.Popen(
            command, stdin=secondary, stdout=secondary, stderr=secondary, env=site.environment
        ) as process,
        within_reason(process),
    ):
        os.close(secondary)
        seen = ""
        while "A--D" not in seen:
            seen += os.read(primary, 4096).decode(errors="replace")
        site.fos1.set_settings({"mode": 1})
        while "A--B" not in seen:
            seen += os.read(primary, 4096).decode(errors="replace")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert f"{CSI}1A" in seen  # up one line
    os.close(primary)


@pytest.mark.parametrize(
    "arguments", [("status",), ("status", "--json"), ("show",), ("wiring", "--topology", "two-xivo")]
)
def test_piped_commands_do_without_rich(site: OperatorSite, arguments: tuple[str, ...]) -> None:
    script = (
        "import sys; from berofos_ra.cli.berofos import main; main(sys.argv[1:]); "
        "sys.stderr.write('loaded' if 'rich' in sys.modules else 'not loaded')"
    )
    done = site.run([sys.executable, "-c", script, "--config", str(site.config), *arguments])
    assert done.err == "not loaded"
