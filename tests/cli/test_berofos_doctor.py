"""``berofos doctor``: every trouble is found, and comes with what to do."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.cli.conftest import NewSite
from tests.cli.operator_site import OperatorSite, digest_of


def findings(site: OperatorSite, *arguments: str, expected: int) -> list[dict[str, Any]]:
    """Those that aren't "ok"."""
    done = site.berofos("doctor", "--json", *arguments)
    assert (done.status, done.err) == (expected, "")
    found: list[dict[str, Any]] = json.loads(done.out)
    for finding in found:
        assert finding["level"] in ("ok", "warning", "problem")
        assert (finding["advice"] == "") == (finding["level"] == "ok"), finding
    return [finding for finding in found if finding["level"] != "ok"]


def healthy(new_site: NewSite, **options: Any) -> OperatorSite:
    """A site with nothing to find: the agent is seen, and addresses are fixed."""
    settings = {"dhcp": 0, **options.pop("settings", {})}
    site = new_site(settings=settings, **options)
    site.tools.put("crm_resource")
    return site


def test_a_healthy_site(new_site: NewSite) -> None:
    site = healthy(new_site)
    assert findings(site, "--topology", "two-xivo", expected=0) == []
    done = site.berofos("doctor", "--topology", "two-xivo")
    assert all(line.startswith("ok ") for line in done.out.splitlines())
    assert f"{site.label()}: settings are as the topology needs them" in done.out
    assert f"{site.label()}: firmware 1.53" in done.out


def test_troubles_come_with_what_to_do(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.config.chmod(0o644)
    lines = site.berofos("doctor").out.splitlines()
    number = lines.index(f"problem  {site.config}: others can read the passwords in it")
    assert lines[number + 1] == f"         -> chmod 0600 {site.config}"


def test_no_config_file(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.config.unlink()
    (finding,) = findings(site, expected=1)
    assert "no such file" in finding["what"]
    assert "berofos scan" in finding["advice"]


def test_a_config_file_that_does_not_parse(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.configure("[fos1]\nmac = 00:19:32\n[asterisk]\n")
    whats = [finding["what"] for finding in findings(site, expected=1)]
    assert whats == [
        f"{site.config}: line 2: mac isn't of the form 00:19:32:00:12:1D",
        f"{site.config}: line 3: begins a section of no device, which is ignored: they are called fos1, fos2, ...",
        f"{site.config}: section [fos1] has no host",
    ]


def test_what_is_odd_in_the_config_file_is_a_warning(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.configure(f"rubbish\n{site.config.read_text()}".replace("mac = ", "mac = 00:19:32:00:12:FF\nmac = "))
    found = findings(site, expected=0)
    assert [finding["what"].removeprefix(f"{site.config}: ") for finding in found] == [
        "line 1: stands before the first section, and is ignored",
        "line 4: mac is there twice in its section, and the last counts",
    ]


def test_two_installations(new_site: NewSite) -> None:
    site = healthy(new_site)
    places = [site.folder / name / "dist-packages" for name in ("local", "packaged")]
    for place in places:
        (place / "berofos_ra-1.0.dist-info").mkdir(parents=True)
        (place / "berofos_ra-1.0.dist-info" / "METADATA").write_text("Name: berofos-ra\nVersion: 1.0\n")
    site.environment["PYTHONPATH"] = os.pathsep.join(
        [site.environment["PYTHONPATH"], *map(str, [*places, places[0]])]
    )
    (finding,) = findings(site, expected=0)
    assert finding["what"].startswith("berofos-ra is installed ")
    assert f"{places[0]}, {places[1]}" in finding["what"]
    assert "what comes first is used" in finding["advice"]


def test_gaps_and_twins_in_the_config_file(new_site: NewSite) -> None:
    site = healthy(new_site)
    text = site.config.read_text()
    site.configure(text + text.replace("[fos1]", "[fos3]"))
    whats = [finding["what"] for finding in findings(site, expected=1)]
    assert f"{site.config}: its devices are called fos1, fos3" in whats
    assert any("2 devices have the host" in what for what in whats)
    assert any("2 devices have the mac" in what for what in whats)


def test_a_config_file_of_somebody_else(new_site: NewSite) -> None:
    site = healthy(new_site)
    os.chown(site.config, 65534, 65534)
    (finding,) = findings(site, expected=1)
    assert finding["what"] == f"{site.config}: holds passwords and belongs to user 65534"
    assert finding["advice"].startswith(f"chown root {site.config};")
    site.config.write_text("\n".join(line for line in site.config.read_text().splitlines() if "login" not in line))
    assert f"{site.config}: doesn't belong to root" in [what["what"] for what in findings(site, expected=1)]


def test_a_device_that_cannot_be_asked(new_site: NewSite) -> None:
    site = healthy(new_site, count=2)
    site.fos1.power_off()
    site.configure(site.config.read_text().replace("login = ", "login = x", 2))
    found = findings(site, expected=1)
    assert [finding["what"] for finding in found] == [
        f"{site.label('fos1')}: connection refused",
        f"{site.label('fos2')}: login refused",
    ]
    assert "check its power" in found[0]["advice"]
    assert "correct its login" in found[1]["advice"]


def test_an_open_device_with_an_address_by_dhcp_and_old_firmware(new_site: NewSite) -> None:
    site = new_site(password=None, firmware=(1, 40))
    site.tools.put("crm_resource")
    found = findings(site, expected=0)
    assert [finding["what"].partition(": ")[2] for finding in found] == [
        "demands no login, anybody on the network can switch it",
        "has its address by DHCP",
        "firmware 1.40 is older than 1.53",
    ]
    assert found[0]["advice"] == "berofos password --device fos1"


def test_macs_are_compared(new_site: NewSite) -> None:
    site = healthy(new_site)
    mac = site.fos1.spec.mac
    site.configure(site.config.read_text().replace(mac, "00:19:32:00:00:99"))
    (finding,) = findings(site, expected=1)
    assert finding["what"] == f"{site.label()}: its mac is {mac}, and 00:19:32:00:00:99 in {site.config}"
    site.configure("".join(line for line in site.config.read_text().splitlines(True) if "mac" not in line))
    (finding,) = findings(site, expected=0)
    assert finding["advice"] == f"add the line: mac = {mac}"


def test_a_device_without_gbl4(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.fos1.add_fault("silent")
    (finding,) = findings(site, expected=0)
    assert "no answer by GBL4, firmware unknown" in finding["what"]


def test_settings_are_compared_with_the_topology(new_site: NewSite) -> None:
    site = healthy(new_site)
    (finding,) = findings(site, "--topology", "xivo-pbx", expected=1)
    assert "scenario is 0, expected 1, modedef is 0, expected 1, wdogdef is 0, expected 1" in finding["what"]
    assert finding["advice"] == "berofos provision --topology xivo-pbx"
    assert findings(site, expected=0) == []


def test_pacemaker_does_not_see_the_agent(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.tools.put("crm_resource", "exit 1")
    (finding,) = findings(site, expected=1)
    assert finding["what"] == "Pacemaker doesn't see the agent ocf:xivo:berofos"


def test_a_healthy_cluster(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    site.acts_cluster()
    assert findings(site, expected=0) == []
    out = site.berofos("doctor").out
    assert "berofos-relay: active on xivo-1" in out
    assert "node xivo-2 is ready to hold the lines" in out


def test_a_cluster_in_trouble(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.acts_cluster(node="xivo-1", managed=False, ready="no: fos1: login refused", port_d_node="xivo-3")
    assert [finding["what"] for finding in findings(site, expected=1)] == [
        f"{site.label()}: relay is A--D, expected A--B (xivo-1 is active), modedef is 0, expected 1",
        "berofos-relay: in maintenance mode or unmanaged, nothing is repaired",
        "berofos-relay: xivo-3 is no node of this cluster",
        "node xivo-2 couldn't take over: fos1: login refused",
    ]


def test_warnings_that_count(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    ban = '<rsc_location id="cli-ban-berofos-relay-on-xivo-2" rsc="berofos-relay" node="xivo-2"/>'
    site.acts_cluster(constraints=ban)
    (finding,) = findings(site, expected=1)
    assert (finding["level"], finding["counts"]) == ("warning", True)
    assert finding["advice"] == "crm_resource --clear --resource berofos-relay --node xivo-2"


def test_a_watchdog_without_a_monitor_that_is_enabled(new_site: NewSite) -> None:
    settings = {"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 60, "wdog": 1}
    site = healthy(new_site, settings=settings)
    site.acts_cluster(topology="xivo-pbx", interval="0")
    (finding,) = findings(site, expected=1)
    assert "nobody kicks the watchdog" in finding["what"]
    assert "op monitor interval=10s" in finding["advice"]


def test_a_resource_that_makes_no_sense_or_runs_nowhere(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.acts_cluster(topology="star")
    (finding,) = findings(site, expected=1)
    assert "berofos-relay: topology: 'star' is none of" in finding["what"]
    site.acts_cluster(node=None, interval="0")
    whats = [finding["what"] for finding in findings(site, expected=1)]
    assert whats == [
        "berofos-relay: active nowhere",
        "berofos-relay: has no monitor, so nobody notices a relay that moved",
    ]


def test_a_watchdog_too_short_for_the_monitor(new_site: NewSite) -> None:
    settings = {"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 60, "wdog": 1}
    site = healthy(new_site, settings=settings)
    site.acts_cluster(topology="xivo-pbx", watchdog_interval="60", interval="40s")
    (finding,) = findings(site, expected=1)
    assert "watchdog_interval: 60 s is less than twice the monitor interval, 40 s" in finding["what"]
    assert finding["advice"] == "set it to 80 or more"


def test_a_cluster_that_hangs(new_site: NewSite) -> None:
    site = healthy(new_site)
    site.tools.hang("crm_mon")
    site.tools.put("cibadmin", "echo '<cib/>'")
    (finding,) = findings(site, expected=1)
    assert finding["what"] == "the cluster doesn't answer: crm_mon hangs"


def test_a_config_file_that_is_the_same_on_all_nodes(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    site.acts_cluster()
    done = site.berofos("doctor")
    assert f"ok       {site.config}: lists the same devices on xivo-2" in done.out.splitlines()
    assert done.status == 0


def test_a_config_file_that_lists_other_devices_on_another_node(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    site.acts_cluster()
    text = site.config.read_text()
    site.configure(text.replace(site.fos1.spec.mac, "00:19:32:00:00:99"))
    other = digest_of(site.config)
    site.configure(text)
    site.tells_config({"xivo-1": other, "xivo-2": other})  # what this node told is no news: its file is looked at
    (finding,) = findings(site, expected=1)
    assert finding["what"] == f"{site.config}: lists other devices on xivo-2 than here"
    assert finding["advice"].startswith("compare section names, host and mac")


def test_a_node_that_tells_nothing_of_its_config_file(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    site.acts_cluster()
    for silence in ("exit 102", "exit 0"):
        site.tools.put("attrd_updater", silence)
        (finding,) = findings(site, expected=0)
        assert finding["what"] == f"{site.config}: xivo-2 doesn't tell whether it is the same there"


def test_a_config_file_that_cannot_be_used_on_another_node_is_told_once(new_site: NewSite) -> None:
    site = healthy(new_site, settings={"mode": 1, "modedef": 1})
    trouble = f"{site.config}: no such file; list the berofos devices there"
    site.acts_cluster(ready=f"no: {trouble}")
    site.tells_config({"xivo-1": digest_of(site.config), "xivo-2": "none"})
    (finding,) = findings(site, expected=1)
    assert finding["what"] == f"node xivo-2 couldn't take over: {trouble}"


def test_only_nodes_that_are_wired_need_the_config_file(new_site: NewSite) -> None:
    settings = {"scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 60, "wdog": 1}
    site = healthy(new_site, settings=settings)
    site.acts_cluster(topology="xivo-pbx")
    site.tools.put("attrd_updater", "exit 102")
    assert findings(site, expected=0) == []
