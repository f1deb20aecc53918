"""``berofos doctor`` on what a split would do to a cluster."""

from __future__ import annotations

import pytest

from tests.cli.conftest import NewSite
from tests.cli.operator_site import NO_FENCING, OperatorSite
from tests.cli.test_berofos_doctor import findings

DELAY = '<crm_config><c id="p"><nvpair id="o" name="priority-fencing-delay" value="5s"/></c></crm_config>'
FENCE_DEVICE = '<resources><primitive id="fence-xivo-1" class="stonith" type="fence_ipmilan"/>'


@pytest.fixture
def site(new_site: NewSite) -> OperatorSite:
    site = new_site(settings={"dhcp": 0, "mode": 1, "modedef": 1, "wdogitime": 60})
    site.acts_cluster(topology="two-xivo")
    return site


def act(
    site: OperatorSite, *, links: int, token: int, vote: bool = False, cib: str = NO_FENCING, device: bool = False
) -> None:
    """From now on corosync and the configuration say this."""
    lines = [f"nodelist.node.0.ring{number}_addr (str) = 10.34.{number}.11" for number in range(links)]
    lines += [
        f"runtime.config.totem.token (u32) = {token}",
        f"runtime.config.totem.consensus (u32) = {token * 6 // 5}",
    ]
    lines += ["quorum.device.model (str) = net"] if vote else []
    site.tools.put("corosync-cmapctl", "cat <<'END'\n" + "\n".join(lines) + "\nEND")
    file = site.tools.folder / "cibadmin.xml"
    text = file.read_text().replace(NO_FENCING, cib)
    file.write_text(text.replace("<resources>", FENCE_DEVICE) if device else text)


@pytest.mark.parametrize(
    ("said", "status", "found"),
    [
        ({"links": 2, "token": 1000, "vote": True}, 0, []),
        ({"links": 2, "token": 1000, "cib": DELAY, "device": True}, 0, []),
        ({"links": 1, "token": 1000, "vote": True}, 0, ["one link only between the nodes"]),
        ({"links": 2, "token": 1000}, 0, ["no fencing and no quorum device"]),
        ({"links": 2, "token": 1000, "cib": "<crm_config/>", "device": True}, 0, ["fencing has no delay"]),
        ({"links": 2, "token": 1000, "cib": DELAY}, 1, ["fencing is on, but there is no fence device"]),
        (
            {"links": 2, "token": 5000, "vote": True},
            0,
            ["notices a dead node after 11 s, later than a monitor (10 s)"],
        ),
    ],
)
def test_what_a_split_would_do(site: OperatorSite, said: dict[str, object], status: int, found: list[str]) -> None:
    act(site, **said)  # type: ignore[arg-type]
    seen = findings(site, expected=status)
    assert len(seen) == len(found)
    for finding, words in zip(seen, found, strict=True):
        assert words in str(finding["what"])


def test_a_watchdog_must_not_run_out_before_a_death_is_noticed(new_site: NewSite) -> None:
    site = new_site(
        settings={"dhcp": 0, "scenario": 1, "mode": 1, "modedef": 1, "wdogdef": 1, "wdogitime": 10, "wdog": 1}
    )
    site.acts_cluster(topology="xivo-pbx", watchdog_interval="10", interval="5s")
    act(site, links=2, token=5000, vote=True)
    assert any("when the watchdog has run out (10 s)" in one["what"] for one in findings(site, expected=0))
