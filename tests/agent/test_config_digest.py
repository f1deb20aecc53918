"""What a node tells the others of its config file, so that differing files are found before the day they matter."""

from __future__ import annotations

from tests.agent.conftest import NewSite
from tests.agent.site import D, Node, Site

NAME = "berofos-config-lines"


def told(node: Node) -> str:
    """What the node's monitors have told last."""
    assert {name for name, _ in node.tools.private_updates} == {NAME}
    return str(node.tools.private_updates[-1][1])


def test_owner_and_standby_with_the_same_file_tell_the_same(two: Site) -> None:
    owner, standby = two.node(), two.node(D)
    owner.start()
    owner.monitor()
    standby.watch_standby()
    assert told(owner) == told(standby)


def test_another_address_mac_or_device_is_told(two: Site) -> None:
    standby = two.node(D)
    standby.watch_standby()
    text = two.config.read_text()
    seen = [told(standby)]
    for changed in (
        text.replace(str(two.fos1.port), "8088"),
        text.replace(two.fos2.spec.mac, "00:19:32:00:00:99"),
        text.replace("[fos2]", "[fos3]"),
        text + "[fos9]\nhost = 192.0.2.9\n",
    ):
        two.config.write_text(changed)
        standby.watch_standby()
        seen.append(told(standby))
    assert len(set(seen)) == len(seen)


def test_what_does_not_matter_is_not_told(two: Site) -> None:
    """Nor can anything that is told be used to try passwords: no login is in it."""
    standby = two.node(D)
    standby.watch_standby()
    standby.tools.forget()
    sections = [two.section(device, login="admin:an0ther/one") for device in reversed(list(two))]
    two.config.write_text("# devices\n" + "\n".join(sections).replace("[fos", "[FOS"))
    standby.watch_standby()
    assert standby.tools.private_updates == []


def test_it_is_told_once_and_again_after_a_probe(site: Site) -> None:
    owner, standby = site.node(), site.node(D)
    owner.start()
    for _ in range(2):
        owner.monitor()
        standby.watch_standby()
    assert (len(owner.tools.private_updates), len(standby.tools.private_updates)) == (1, 1)
    owner.probe(expected=0)
    owner.monitor()
    standby.probe()
    standby.watch_standby()
    assert (len(owner.tools.private_updates), len(standby.tools.private_updates)) == (2, 2)


def test_it_is_told_later_when_the_cluster_could_not_be_told(site: Site) -> None:
    standby = site.node(D)
    standby.tools.put("attrd_updater", "exit 102")
    standby.watch_standby()
    standby.tools.put("attrd_updater")
    standby.tools.forget()
    standby.watch_standby()
    assert len(told(standby)) == 16


def test_a_file_that_cannot_be_used(site: Site) -> None:
    standby = site.node(D)
    site.config.unlink()
    standby.watch_standby()
    assert told(standby) == "none"
    assert "no such file" in standby.tools.attributes["berofos-ready"]


def test_parameters_that_make_no_sense_name_no_file(site: Site) -> None:
    standby = site.node(D, topology="star")
    standby.watch_standby()
    assert standby.tools.private_updates == []


def test_owner_of_a_relay_in_trouble_tells_it_too(new_site: NewSite) -> None:
    site = new_site(topology="xivo-pbx")
    owner = site.node()
    owner.start()
    site.fos1.set_settings({"mode": 0})
    owner.monitor(expected=1)
    assert len(told(owner)) == 16
