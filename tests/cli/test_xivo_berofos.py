"""``xivo-berofos`` as XiVO's own HA calls it, without a cluster and beside one (of stand-in tools)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.vendor_site import XIVO, VendorSite, vendor_site
from tests.support.pacemaker_tools import Tools

RESOURCES = """\
<cib><configuration><resources>
  <primitive id="berofos-relay" class="ocf" provider="xivo" type="berofos">
    <instance_attributes id="p">
      <nvpair id="p1" name="config" value="{config}"/>
      <nvpair id="p2" name="devices" value="{devices}"/>
      <nvpair id="p3" name="port_b_node" value="xivo-1"/>
      <nvpair id="p4" name="port_d_node" value="xivo-2"/>
    </instance_attributes>
  </primitive>
</resources></configuration></cib>
"""
STATUS = """\
<pacemaker-result><resources>
  <resource id="berofos-relay" managed="{managed}"><node name="xivo-1"/></resource>
</resources></pacemaker-result>
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[VendorSite]:
    """Two devices, and no cluster."""
    with vendor_site(tmp_path, 2) as two:
        two.configure()
        yield two


def clustered(site: VendorSite, devices: str = "fos1 fos2", config: str = "", managed: str = "true") -> None:
    """Have tools that tell of a cluster with this resource."""
    tools = Tools(site.folder / "tools")
    resources = RESOURCES.format(config=config or site.config, devices=devices)
    tools.put("cibadmin", f"cat <<'EOF'\n{resources}EOF")
    tools.put("crm_mon", f"cat <<'EOF'\n{STATUS.format(managed=managed)}EOF")
    site.environment["PATH"] = tools.path


def relays(site: VendorSite) -> list[str]:
    return [device.relay for device in site]


def test_master_and_slave_move_every_relay(site: VendorSite) -> None:
    done = site.run(XIVO, "master")
    assert (done.status, done.out, relays(site)) == (0, "", ["A--B", "A--B"])
    assert done.err.splitlines() == [
        "setting berofos relay mode to 1 (A--B) for fos1",
        "setting berofos relay mode to 1 (A--B) for fos2",
        f"{site.label('fos1')}: relay A--D -> A--B",
        f"{site.label('fos2')}: relay A--D -> A--B",
    ]
    done = site.run(XIVO, "slave")
    assert (done.status, relays(site)) == (0, ["A--D", "A--D"])
    assert "setting berofos relay mode to 0 (A--D) for fos2" in done.err


def test_what_is_right_already_is_left_alone(site: VendorSite) -> None:
    site.run(XIVO, "master")
    site.forget_requests()
    done = site.run(XIVO, "-v", "master")
    assert done.status == 0
    assert f"{site.label('fos1')}: relay is A--B already" in done.err
    assert site.writes("fos1") == site.writes("fos2") == []


def test_quiet_writes_errors_only(site: VendorSite) -> None:
    """XiVO's scripts call it with -q --syslog."""
    assert site.run(XIVO, "-q", "--syslog", "master").both == ""
    site.fos2.power_off()
    done = site.run(XIVO, "-q", "slave")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"{site.label('fos2')}: connection refused")


def test_one_device_in_trouble_keeps_no_other_from_moving(site: VendorSite) -> None:
    site.fos1.add_fault("hang")
    done = site.run(XIVO, "master")
    assert (done.status, site.fos2.relay) == (1, "A--B")
    assert f"{site.label('fos1')}: no answer within 3 s" in done.err


def test_a_relay_that_doesn_t_move_is_noticed(site: VendorSite) -> None:
    site.fos2.add_fault("ignore_switch")
    done = site.run(XIVO, "master")
    assert done.status == 1
    assert f"{site.label('fos2')}: relay stays A--D, expected A--B" in done.err


@pytest.mark.parametrize("trouble", ["garbage_body", "no_magic"])
def test_a_device_that_can_t_be_read_is_switched_all_the_same(site: VendorSite, trouble: str) -> None:
    """As XiVO's own script does it. But it says that nobody can see whether it worked."""
    site.fos2.add_fault(trouble)
    done = site.run(XIVO, "-q", "master")
    assert (done.status, relays(site)) == (1, ["A--B", "A--B"])
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(
        f"{site.label('fos2')}: answer isn't a berofos configuration; mode=1 was sent, but nob"
    )


def test_what_can_be_read_again_after_the_switch_is_seen(site: VendorSite) -> None:
    site.fos2.add_fault("garbage_body", count=2)  # each reading is tried twice
    done = site.run(XIVO, "-q", "master")
    assert (done.status, done.both, relays(site)) == (0, "", ["A--B", "A--B"])


def test_without_a_config_file_nothing_is_done(site: VendorSite) -> None:
    site.config.unlink()
    done = site.run(XIVO, "master")
    assert (done.status, done.both) == (0, "berofos is not configured -- doing nothing\n")
    assert site.run(XIVO, "-q", "master").both == ""


@pytest.mark.parametrize("content", ["[fos1]\nhost = 10.1.1.020\n", "[relay]\nhost = 10.1.1.1\n", "[fos1]\n"])
def test_a_bad_config_file_is_an_error_of_one_line(site: VendorSite, content: str) -> None:
    site.configure(content)
    done = site.run(XIVO, "master")
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert done.err.startswith(f"{site.config}: ")


def test_a_device_without_a_host_is_one_in_trouble(site: VendorSite) -> None:
    site.configure(site.section(site.fos1) + "[fos2]\nmac = 00:19:32:00:12:02\n")
    done = site.run(XIVO, "master")
    assert (done.status, site.fos1.relay) == (1, "A--B")
    assert "fos2 (no host): section [fos2] has no host; add host = ADDRESS" in done.err
    site.configure(site.section(site.fos1) + "[fos2]\n# to come\n")
    done = site.run(XIVO, "slave")
    assert (done.status, site.fos1.relay) == (0, "A--D")


@pytest.mark.parametrize("arguments", [(), ("standby",), ("master", "slave"), ("--frob", "master")])
def test_wrong_usage(site: VendorSite, arguments: tuple[str, ...]) -> None:
    done = site.run(XIVO, *arguments)
    assert (done.status, done.out) == (2, "")
    assert site.fos1.requests == []


@pytest.mark.parametrize("devices", ["fos1 fos2", "fos2", "all"])
def test_it_keeps_its_hands_off_what_a_cluster_manages(site: VendorSite, devices: str) -> None:
    clustered(site, devices)
    done = site.run(XIVO, "master")
    assert (done.status, relays(site)) == (1, ["A--D", "A--D"])
    assert done.err.startswith("refused: the cluster's resource berofos-relay is in charge of ")
    assert "--force" in done.err
    assert site.writes("fos1") == site.writes("fos2") == []
    assert site.run(XIVO, "--force", "master").status == 0
    assert relays(site) == ["A--B", "A--B"]


def test_it_recognises_the_devices_in_another_file(site: VendorSite) -> None:
    other = site.folder / "other.conf"
    other.write_text(site.config.read_text().replace("[fos1]", "[fos7]"))
    clustered(site, "fos7", str(other))
    assert "in charge of fos1;" in site.run(XIVO, "master").err


def test_a_cluster_with_other_devices_is_no_obstacle(site: VendorSite) -> None:
    other = site.folder / "other.conf"
    other.write_text("[fos1]\nhost = 10.99.99.99\n")
    clustered(site, "fos1", str(other))
    assert site.run(XIVO, "master").status == 0


def test_a_cluster_in_maintenance_mode_is_no_obstacle(site: VendorSite) -> None:
    clustered(site, managed="false")
    assert site.run(XIVO, "master").status == 0
